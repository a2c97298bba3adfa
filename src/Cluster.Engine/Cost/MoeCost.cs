using Cluster.Engine.Models;

namespace Cluster.Engine.Cost;

/// <summary>
/// Routed experts of one layer group on the hottest rank: a grouped GEMM over the experts that its tokens chose. At small
/// batch the experts touched are E·(1 − (1 − k/E)^T).
/// </summary>
internal sealed class MoeCost
{
    private readonly double _count;
    private readonly double _missPerToken;
    private readonly double _localExperts;
    private readonly double _loadPerToken;
    private readonly double _expertBytes;
    private readonly double _flopsPerPair;
    private readonly double _bytesPerPair;
    private readonly double _secondsPerFlop;
    private readonly double _secondsPerByte;
    private readonly double _floorSeconds;

    public MoeCost(Deployment deployment, LayerGroup layer)
    {
        var moe = layer.Moe!;
        var (gpu, split, format) = (deployment.Gpu, deployment.Parallelism, deployment.EffectiveExpertWeights);
        var curve = KernelLookup.Moe(gpu, format);
        var compute = gpu.ComputeFormat(format);
        double d = deployment.Model.HiddenSize;
        double width = (double)moe.ExpertSize / split.MoeTp;
        double matrices = moe.Gated ? 3 : 2;
        _count = layer.Count;
        _missPerToken = Math.Log(1 - Math.Min(0.999999, (double)moe.ActiveExperts / moe.Experts));
        _localExperts = (double)(moe.Experts + deployment.RedundantExperts) / split.Ep;
        _loadPerToken = (double)moe.ActiveExperts / split.Ep * RoutingSkew.HottestRank(moe.Experts, split.Ep, deployment.RoutingSkew, deployment.RedundantExperts);
        _expertBytes = matrices * d * width * NumberFormats.BytesPerWeight(format);
        _flopsPerPair = 2 * matrices * d * width;
        _bytesPerPair = (2 * d * 2) + (2 * matrices * width);
        _secondsPerFlop = 1 / (gpu.PeakFlops[compute] * curve.ComputeEfficiency);
        _secondsPerByte = 1 / (gpu.HbmBytesPerSecond * curve.MemoryEfficiency);
        _floorSeconds = curve.FloorSeconds;
    }

    /// <param name="tokens">New tokens of all ranks that share the experts.</param>
    public void Add(ref CostSum sum, double tokens)
    {
        if (tokens <= 0) return;
        var touched = _localExperts * (1 - Math.Exp(tokens * _missPerToken));
        var pairs = tokens * _loadPerToken;
        var flops = pairs * _flopsPerPair;
        var bytes = (touched * _expertBytes) + (pairs * _bytesPerPair);
        sum.AddRoofline(flops * _secondsPerFlop, bytes * _secondsPerByte, _floorSeconds, flops, bytes, _count);
    }
}
