using Cluster.Engine.Models;

namespace Cluster.Engine.Hardware;

/// <summary>What a GPU's kernels reach of its peaks: fitted figures, see <c>xpyd catalog fit</c>.</summary>
public sealed record KernelProfile
{
    /// <summary>Dense GEMM by weight format.</summary>
    public required IReadOnlyDictionary<NumberFormat, OperatorCurve> Gemm { get; init; }

    /// <summary>Prefill attention: compute over causal pairs.</summary>
    public required OperatorCurve PrefillAttention { get; init; }

    /// <summary>Decode attention: KV bytes.</summary>
    public required OperatorCurve DecodeAttention { get; init; }

    /// <summary>Grouped GEMM over experts by weight format.</summary>
    public required IReadOnlyDictionary<NumberFormat, OperatorCurve> Moe { get; init; }

    /// <summary>Elementwise kernels, norms, copies.</summary>
    public required OperatorCurve Elementwise { get; init; }

    public required CollectiveCurve Collectives { get; init; }
}

/// <summary>An operator against the roofline: <c>max(flops ÷ (P·ComputeEfficiency), bytes ÷ (BW·MemoryEfficiency)) + Floor</c>.</summary>
public sealed record OperatorCurve(double ComputeEfficiency, double MemoryEfficiency, double FloorSeconds);

/// <summary>Collectives inside the scale-up domain: α–β with a one-shot kernel for small sizes.</summary>
/// <param name="OneShotFloorSeconds">Latency of the one-shot all-reduce.</param>
/// <param name="RingFloorSeconds">Latency of the ring or NVLS collective.</param>
/// <param name="BusEfficiency">Share of <see cref="GpuProfile.ScaleUpBytesPerSecond"/> that large ones reach.</param>
/// <param name="ScaleOutFloorSeconds">Latency of one message between domains.</param>
/// <param name="ScaleOutEfficiency">Share of <see cref="GpuProfile.ScaleOutBytesPerSecond"/> reached.</param>
public sealed record CollectiveCurve(
    double OneShotFloorSeconds, double RingFloorSeconds, double BusEfficiency, double ScaleOutFloorSeconds, double ScaleOutEfficiency);
