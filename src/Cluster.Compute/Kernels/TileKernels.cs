namespace Cluster.Compute.Kernels;

/// <summary>Every kernel, and the choice between them: the widest that this CPU runs, unless a setting names one.</summary>
public static class TileKernels
{
    /// <summary>Names a kernel for the whole process; <see cref="Auto"/> or empty leaves the choice to the CPU.</summary>
    public const string EnvironmentVariable = "XPYD_GEMM_KERNEL";

    public const string Auto = "auto";

    /// <summary>Widest first.</summary>
    public static IReadOnlyList<TileKernel> All { get; } = [new Avx512TileKernel(), new Avx2TileKernel(), new ScalarTileKernel()];

    /// <param name="name">A kernel's name, or <see cref="Auto"/>: then <see cref="EnvironmentVariable"/> decides, then the CPU.</param>
    /// <exception cref="ArgumentException">No such kernel. The message names those there are.</exception>
    /// <exception cref="PlatformNotSupportedException">This CPU lacks its instructions.</exception>
    public static TileKernel Choose(string name = Auto)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (name == Auto) name = Environment.GetEnvironmentVariable(EnvironmentVariable) is { Length: > 0 } forced ? forced : Auto;
        if (name == Auto) return All.First(kernel => kernel.IsSupported);
        var chosen = All.FirstOrDefault(kernel => string.Equals(kernel.Name, name, StringComparison.OrdinalIgnoreCase))
            ?? throw new ArgumentException($"kernel '{name}' is none of {Auto}, {string.Join(", ", All.Select(kernel => kernel.Name))} (compute.kernel or {EnvironmentVariable}).", nameof(name));
        return chosen.IsSupported
            ? chosen
            : throw new PlatformNotSupportedException($"kernel '{chosen.Name}' needs instructions that this CPU lacks; use '{All.First(kernel => kernel.IsSupported).Name}' or {Auto}.");
    }
}
