using Cluster.Engine.Hardware;
using Cluster.Engine.Models;

namespace Cluster.Engine.Cost;

/// <summary>Norms, residuals, rotary positions, activation functions, quantisation: bytes and launches per layer, fused or not.</summary>
internal sealed class ElementwiseCost
{
    /// <summary>
    /// A norm over all heads at once (MiniMax-M2), whose heads are spread over ranks: squares and sums, their division, and both products around the sum over ranks, which nothing fuses.
    /// </summary>
    internal const double JointNormKernels = 4;

    /// <summary>Bytes per element that widening the router's input reads and writes.</summary>
    private const double WideningBytes = 6;

    private readonly OperatorCurve _curve;
    private readonly double _secondsPerByte;
    private readonly double _bytesPerToken;
    private readonly double _kernels;

    public ElementwiseCost(Deployment deployment)
    {
        var model = deployment.Model;
        _curve = deployment.Gpu.Kernels.Elementwise;
        _secondsPerByte = 1 / (deployment.Gpu.HbmBytesPerSecond * _curve.MemoryEfficiency);
        _kernels = (model.LayerCount * KernelsPerLayer(deployment)) + (JointNormKernels * model.Layers.Where(g => g.Attention is { NormAcrossHeads: true }).Sum(g => g.Count));
        foreach (var layer in model.Layers) _bytesPerToken += layer.Count * BytesPerToken(deployment, layer);
        double wide = model.Layers.Where(g => g.Moe is { RouterFormat: NumberFormat.Fp32 }).Sum(g => g.Count);
        _kernels += wide;
        _bytesPerToken += wide * WideningBytes * model.HiddenSize;
    }

    /// <summary>
    /// Fused: two norms with residual and quantisation, rotary with the KV write, activation with quantisation. Unfused adds
    /// separate residual adds, quantisations, rotary and KV write.
    /// </summary>
    private static double KernelsPerLayer(Deployment deployment) => deployment.Fusion ? 4 : 10;

    private static double BytesPerToken(Deployment deployment, LayerGroup layer)
    {
        var tp = deployment.Parallelism.Tp;
        var width = layer.Mlp is { } mlp ? (mlp.Gated ? 3.0 : 2.0) * mlp.Size / tp
            : layer.Moe is { SharedSize: > 0 } moe ? 3.0 * moe.SharedSize / tp : 0;
        // Two fused norms read and write the residual and write their output: 4 passes of d each; rotary passes q, k once.
        var fused = 2.0 * ((8.0 * deployment.Model.HiddenSize) + width);
        return deployment.Fusion ? fused : 2 * fused;
    }

    public void Add(ref CostSum sum, double tokens)
    {
        var bytes = tokens * _bytesPerToken;
        sum.AddRoofline(0, bytes * _secondsPerByte, _kernels * _curve.FloorSeconds, 0, bytes);
    }
}
