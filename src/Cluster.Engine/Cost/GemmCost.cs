using Cluster.Engine.Hardware;
using Cluster.Engine.Models;

namespace Cluster.Engine.Cost;

/// <summary>A dense GEMM: <c>max(2mnk ÷ (P·e_c), bytes ÷ (BW·e_m)) + t0</c>, weights streamed in their own format.</summary>
internal sealed class GemmCost
{
    private readonly OperatorCurve _curve;
    private readonly double _secondsPerFlop;
    private readonly double _secondsPerByte;
    private readonly double _weightBytes;
    private readonly double _activationBytes;

    public GemmCost(GpuProfile gpu, NumberFormat weights)
    {
        var format = gpu.ComputeFormat(weights);
        _curve = KernelLookup.Gemm(gpu, weights);
        _secondsPerFlop = 1 / (gpu.PeakFlops[format] * _curve.ComputeEfficiency);
        _secondsPerByte = 1 / (gpu.HbmBytesPerSecond * _curve.MemoryEfficiency);
        _weightBytes = NumberFormats.BytesPerWeight(weights);
        _activationBytes = NumberFormats.BytesPerWeight(format);
    }

    public void Add(ref CostSum sum, double m, in GemmShape shape)
    {
        if (m <= 0) return;
        double n = shape.N, k = shape.K;
        var flops = 2 * m * n * k;
        var bytes = (n * k * _weightBytes) + (m * k * _activationBytes) + (m * n * 2);
        sum.AddRoofline(flops * _secondsPerFlop, bytes * _secondsPerByte, _curve.FloorSeconds, flops, bytes, shape.Count);
    }
}
