namespace Cluster.Compute.Kernels;

/// <summary>Every kernel, and the choice between them: the widest that this CPU runs, unless a setting names one.</summary>
public static class TileKernels
{
    /// <summary>Names a kernel for the whole process; <see cref="Auto"/> or empty leaves the choice to the CPU.</summary>
    public const string EnvironmentVariable = "XPYD_GEMM_KERNEL";

    public const string Auto = "auto";

    /// <summary>Widest first within a format.</summary>
    public static IReadOnlyList<TileKernel> All { get; } =
    [
        new Avx512TileKernel(), new Avx2TileKernel(), new ScalarTileKernel(),
        new Avx512Bf16TileKernel(), new Avx2Bf16TileKernel(),
        new AvxVnniInt8TileKernel(),
    ];

    /// <param name="name">A kernel's name, or <see cref="Auto"/>: then <see cref="EnvironmentVariable"/> decides, then the CPU.</param>
    /// <param name="format">
    /// Wanted of the choice that is left: the CPU's, or, where an fp32 kernel is named, that of its instruction set. A format
    /// without a kernel gets the fp32 one: the caller compares <see cref="TileKernel.Format"/> and says so.
    /// </param>
    /// <exception cref="ArgumentException">No such kernel. The message names those there are.</exception>
    /// <exception cref="PlatformNotSupportedException">This CPU lacks its instructions.</exception>
    public static TileKernel Choose(string name = Auto, GemmFormat format = GemmFormat.Fp32)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (name == Auto) name = Environment.GetEnvironmentVariable(EnvironmentVariable) is { Length: > 0 } forced ? forced : Auto;
        if (name == Auto) return Widest(format) ?? Widest(GemmFormat.Fp32)!;
        var chosen = Find(name)
            ?? throw new ArgumentException($"kernel '{name}' is none of {Auto}, {string.Join(", ", All.Select(kernel => kernel.Name))} (compute.kernel or {EnvironmentVariable}).", nameof(name));
        if (!chosen.IsSupported)
            throw new PlatformNotSupportedException($"kernel '{chosen.Name}' needs instructions that this CPU lacks; use '{Widest(chosen.Format)?.Name ?? Widest(GemmFormat.Fp32)!.Name}' or {Auto}.");
        return Find($"{chosen.Name}-{format}") is { IsSupported: true } sibling ? sibling : chosen;
    }

    /// <summary>Why work in <paramref name="wanted"/> runs on <paramref name="kernel"/>; null when it is what was wanted.</summary>
    public static string? Shortfall(TileKernel kernel, GemmFormat wanted)
    {
        ArgumentNullException.ThrowIfNull(kernel);
        if (kernel.Format == wanted) return null;
        var reason = Widest(wanted) is { } other ? $"kernel {kernel.Name} is asked for by name ('{other.Name}' would do it)" : $"this CPU has no {wanted} kernel here";
        return $"{wanted} matmul runs in {kernel.Format}: {reason}. Steps keep their pace, which is calibrated; only the bytes and instructions differ.";
    }

    private static TileKernel? Widest(GemmFormat format) => All.FirstOrDefault(kernel => kernel.Format == format && kernel.IsSupported);

    private static TileKernel? Find(string name) => All.FirstOrDefault(kernel => string.Equals(kernel.Name, name, StringComparison.OrdinalIgnoreCase));
}
