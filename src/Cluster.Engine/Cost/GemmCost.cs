using Cluster.Engine.Hardware;
using Cluster.Engine.Models;

namespace Cluster.Engine.Cost;

/// <summary>Prices dense GEMMs of one weight format on one GPU.</summary>
internal sealed class GemmCost
{
    private readonly GemmCurve _curve;
    private readonly Roof _roof;
    private readonly double _weightBytes;
    private readonly double _activationBytes;

    public GemmCost(GpuProfile gpu, NumberFormat weights)
    {
        var format = gpu.ComputeFormat(weights);
        _curve = KernelLookup.Gemm(gpu, weights);
        _roof = KernelLookup.Roof(gpu, format);
        _weightBytes = NumberFormats.BytesPerWeight(weights);
        _activationBytes = Math.Min(2, NumberFormats.BytesPerWeight(format));
    }

    public void Add(ref CostSum sum, double m, in GemmShape shape)
    {
        if (m <= 0) return;
        var time = Kernels.Gemm(_curve, _roof, m, shape.N, shape.K, _weightBytes, _activationBytes);
        sum.Add(time, 2 * m * shape.N * shape.K, Kernels.GemmBytes(m, shape.N, shape.K, _weightBytes, _activationBytes), shape.Count);
    }
}
