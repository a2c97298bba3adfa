using System.Collections.Immutable;
using Cluster.Engine.Models;

namespace Cluster.Engine.Hardware;

/// <summary>One GPU as the cost model sees it. All rates decimal: 1 TB/s = 10¹² B/s.</summary>
/// <param name="Name">Catalog id, e.g. <c>h100-sxm</c>.</param>
/// <param name="HbmBytes">Memory.</param>
/// <param name="HbmBytesPerSecond">Nominal memory bandwidth.</param>
/// <param name="PeakFlops">Dense FLOP/s by the format that computes; a format absent here does not compute natively.</param>
/// <param name="DollarsPerHour">List price of one GPU for an hour.</param>
/// <param name="Source">Where the numbers come from.</param>
public sealed record GpuProfile(
    string Name,
    double HbmBytes,
    double HbmBytesPerSecond,
    IReadOnlyDictionary<NumberFormat, double> PeakFlops,
    double DollarsPerHour,
    string Source)
{
    /// <summary>Names of the same GPU elsewhere: how measured points name it (<c>h200_sxm</c>).</summary>
    public ImmutableArray<string> Aliases { get; init; } = [];

    /// <summary>Who makes it, in small letters: some engines and formats are one vendor's.</summary>
    public string Vendor { get; init; } = "nvidia";

    /// <summary>The GPU whose measured kernels stand in for this one's, and by which rule; null when its own were measured.</summary>
    public string? DerivedFrom { get; init; }

    /// <summary>Streaming multiprocessors or compute units: the grain of wave quantisation.</summary>
    public required int Multiprocessors { get; init; }

    /// <summary>Board power, for energy per token.</summary>
    public double Watts { get; init; }

    /// <summary>Host time on the servers that this GPU came in, relative to those of the H100's generation.</summary>
    public double HostSlowdown { get; init; } = 1;

    /// <summary>GPUs that share the scale-up network: larger groups cross <see cref="ScaleOutBytesPerSecond"/>.</summary>
    public required int GpusPerDomain { get; init; }

    /// <summary>Scale-up bandwidth (NVLink, PCIe) of one GPU, per direction.</summary>
    public required double ScaleUpBytesPerSecond { get; init; }

    /// <summary>Network bandwidth of one GPU out of its domain, per direction.</summary>
    public required double ScaleOutBytesPerSecond { get; init; }

    /// <summary>How well its kernels do against those peaks.</summary>
    public required KernelProfile Kernels { get; init; }

    /// <summary>True for memory that holds 70 GiB and more: engines choose larger budgets there.</summary>
    public bool IsLarge => HbmBytes >= 70.0 * 1024 * 1024 * 1024;

    /// <summary>The format that the arithmetic of <paramref name="weights"/> runs in on this GPU: its own, or the nearest that computes.</summary>
    public NumberFormat ComputeFormat(NumberFormat weights)
    {
        foreach (var candidate in Candidates(weights))
            if (PeakFlops.ContainsKey(candidate)) return candidate;
        return NumberFormat.Bf16;
    }

    private static ReadOnlySpan<NumberFormat> Candidates(NumberFormat weights) => weights switch
    {
        NumberFormat.Fp8 or NumberFormat.Fp8E5M2 => [NumberFormat.Fp8],
        NumberFormat.Fp8Block => [NumberFormat.Fp8Block, NumberFormat.Fp8],
        NumberFormat.Mxfp8 => [NumberFormat.Mxfp8, NumberFormat.Fp8],
        NumberFormat.Int8 => [NumberFormat.Int8],
        NumberFormat.Nvfp4 => [NumberFormat.Nvfp4],
        NumberFormat.Mxfp4 => [NumberFormat.Mxfp4],
        NumberFormat.Fp32 => [NumberFormat.Fp32],
        _ => [NumberFormat.Bf16],
    };
}
