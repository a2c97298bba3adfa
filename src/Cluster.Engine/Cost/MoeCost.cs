using Cluster.Engine.Hardware;
using Cluster.Engine.Models;

namespace Cluster.Engine.Cost;

/// <summary>Routed experts of one layer group on the hottest rank.</summary>
internal sealed class MoeCost
{
    private readonly MoeCurve _curve;
    private readonly Roof _roof;
    private readonly MoeLoad _load;
    private readonly double _count;
    private readonly double _flopsPerToken;
    private readonly double _expertBytes;

    public MoeCost(Deployment deployment, LayerGroup layer)
    {
        var moe = layer.Moe!;
        var (gpu, split, format) = (deployment.Gpu, deployment.Parallelism, deployment.EffectiveExpertWeights);
        _curve = KernelLookup.Moe(gpu, format);
        _roof = KernelLookup.Roof(gpu, gpu.ComputeFormat(format));
        double matrices = moe.Gated ? 3 : 2;
        // Each spare copy halves the load of one of the hottest experts; with one per rank the hottest rank is nearly average (EPLB).
        var relief = 1 / (1 + ((double)deployment.RedundantExperts / Math.Max(1, split.Ep)));
        _load = new MoeLoad(
            0, deployment.Model.HiddenSize, (double)moe.ExpertSize / split.MoeTp, matrices, moe.Experts, moe.ActiveExperts, split.Ep,
            NumberFormats.BytesPerWeight(format), deployment.RoutingSkew, relief, split.Ep > 1 && split.Dp > 1)
        { LargeTiles = deployment.Engine.LargeExpertTiles };
        _count = layer.Count;
        _flopsPerToken = 2 * matrices * _load.HiddenSize * _load.Width * moe.ActiveExperts / split.Ep;
        _expertBytes = matrices * _load.HiddenSize * _load.Width * _load.WeightBytes;
    }

    /// <param name="tokens">New tokens of all ranks that share the experts.</param>
    public void Add(ref CostSum sum, double tokens)
    {
        if (tokens <= 0) return;
        var time = Kernels.Moe(_curve, _roof, _load with { Tokens = tokens });
        var touched = _load.Experts / _load.ExpertRanks * (1 - Math.Pow(1 - (_load.ActiveExperts / _load.Experts), tokens));
        sum.Add(time, tokens * _flopsPerToken, touched * _expertBytes, _count);
    }
}
