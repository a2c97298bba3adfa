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
        : this(gpu, weights, KernelLookup.Gemm(gpu, weights))
    {
    }

    private GemmCost(GpuProfile gpu, NumberFormat weights, GemmCurve curve)
    {
        var format = gpu.ComputeFormat(weights);
        _curve = curve;
        _roof = KernelLookup.Roof(gpu, format);
        _weightBytes = NumberFormats.BytesPerWeight(weights);
        _activationBytes = Math.Min(2, NumberFormats.BytesPerWeight(format));
    }

    /// <summary>
    /// As a deployment multiplies. The tables time a quantising kernel before each 8-bit product. With scales known ahead, the norm or
    /// activation function before it writes 8 bits at no cost; whether a launch is saved too depends on the engine. Block scales follow from
    /// the activations, and keep a kernel of their own.
    /// </summary>
    public static GemmCost Of(Deployment deployment, NumberFormat weights)
    {
        var curve = KernelLookup.Gemm(deployment.Gpu, weights);
        if (deployment.Fusion && weights is NumberFormat.Fp8 or NumberFormat.Fp8E5M2)
        {
            curve = curve with { QuantiseSecondsPerRow = 0, QuantiseSecondsPerElement = 0 };
            if (deployment.Engine.FusedQuantisation)
                curve = curve with { FloorSeconds = Math.Min(curve.FloorSeconds, KernelLookup.Gemm(deployment.Gpu, NumberFormat.Bf16).FloorSeconds) };
        }

        return new GemmCost(deployment.Gpu, weights, curve);
    }

    public void Add(ref CostSum sum, double m, in GemmShape shape)
    {
        if (m <= 0) return;
        var time = Kernels.Gemm(_curve, _roof, m, shape.N, shape.K, _weightBytes, _activationBytes);
        sum.Add(time, 2 * m * shape.N * shape.K, Kernels.GemmBytes(m, shape.N, shape.K, _weightBytes, _activationBytes), shape.Count);
    }

    /// <summary>A product that runs behind others: its work counts, its time does not.</summary>
    public void AddHidden(ref CostSum sum, double m, in GemmShape shape)
    {
        sum.Flops += 2 * m * shape.N * shape.K * shape.Count;
        sum.HbmBytes += Kernels.GemmBytes(m, shape.N, shape.K, _weightBytes, _activationBytes) * shape.Count;
    }
}
