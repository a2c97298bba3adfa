using Cluster.Engine.Models;

namespace Cluster.Engine.Cost;

/// <summary>Everything in a forward pass that depends on token counts alone: dense GEMMs, experts, norms, collectives.</summary>
internal sealed class TokenCost
{
    private readonly Deployment _deployment;
    private readonly GemmShape[] _gemms;
    private readonly GemmCost[] _gemmCosts;
    private readonly MoeCost[] _moes;
    private readonly CollectiveCost _collectives;
    private readonly ElementwiseCost _elementwise;
    private readonly double _layers;
    private readonly double _moeLayers;
    private readonly double _jointNorms;
    private readonly double _activationBytes;
    private readonly double _dispatchBytesPerToken;
    private readonly double _combineBytesPerToken;
    private readonly double _combineElementBytes;
    private readonly double _gatherElementBytes;
    private readonly ExchangeLoad _exchange;

    public TokenCost(Deployment deployment)
    {
        _deployment = deployment;
        var model = deployment.Model;
        _gemms = [.. DenseGemms.Of(deployment)];
        _gemmCosts = [.. _gemms.Select(g => GemmCost.Of(deployment, g.Format))];
        _moes = [.. model.Layers.Where(g => g.Moe is not null).Select(g => new MoeCost(deployment, g))];
        _collectives = new CollectiveCost(deployment.Gpu);
        _elementwise = new ElementwiseCost(deployment);
        _layers = model.LayerCount;
        _moeLayers = model.Layers.Where(g => g.Moe is not null).Sum(g => g.Count);
        _jointNorms = model.Layers.Where(g => g.Attention is { NormAcrossHeads: true }).Sum(g => g.Count);
        _activationBytes = model.HiddenSize * NumberFormats.BytesPerWeight(deployment.Activations);
        var active = model.Layers.Where(g => g.Moe is not null).Select(g => g.Moe!.ActiveExperts).DefaultIfEmpty(0).Max();
        // Dispatch travels in the experts' own compute format, combine in the activations' (DeepEP).
        var dispatch = NumberFormats.Bits(deployment.EffectiveExpertWeights) <= 8 ? 1.0 : 2.0;
        var copies = Math.Min(active, deployment.Parallelism.Ep);
        _dispatchBytesPerToken = copies * model.HiddenSize * dispatch;
        _combineBytesPerToken = copies * _activationBytes;
        // Block scales of fp8 are computed behind the gather, so it carries 16 bits; nvfp4 travels quantised, with its scales (TensorRT-LLM's fused_moe).
        _gatherElementBytes = deployment.EffectiveExpertWeights switch { NumberFormat.Nvfp4 => 0.5625, NumberFormat.Fp8 => 1, _ => 2 };
        _combineElementBytes = NumberFormats.BytesPerWeight(deployment.Activations);
        _exchange = new ExchangeLoad(0, model.HiddenSize, dispatch, active, Math.Max(1, model.Layers.Max(g => g.Moe?.Experts ?? 0)), 1);
    }

    /// <param name="replicaTokens">New tokens of the busiest attention replica.</param>
    /// <param name="allTokens">New tokens of all replicas together.</param>
    public CostSum Evaluate(double replicaTokens, double allTokens)
    {
        var sum = default(CostSum);
        for (var i = 0; i < _gemms.Length; i++) _gemmCosts[i].Add(ref sum, replicaTokens, in _gemms[i]);
        foreach (var moe in _moes) moe.Add(ref sum, allTokens);
        _elementwise.Add(ref sum, replicaTokens);
        AddCollectives(ref sum, replicaTokens, allTokens);
        return sum;
    }

    private void AddCollectives(ref CostSum sum, double replicaTokens, double allTokens)
    {
        var split = _deployment.Parallelism;
        // Two sums of squares per token, in 32 bits.
        if (_jointNorms > 0) sum.AddNetwork(_collectives.AllReduceSeconds(8 * replicaTokens, split.Tp), 16 * replicaTokens * (split.Tp - 1) / split.Tp, _jointNorms);
        var bytes = replicaTokens * _activationBytes;
        if (split.Dp == 1)
        {
            sum.AddNetwork(_collectives.AllReduceSeconds(bytes, split.Tp), 2 * bytes * (split.Tp - 1) / split.Tp, 2 * _layers);
            return;
        }

        // Attention output per layer, and the MLP of dense layers, stay inside the attention group.
        sum.AddNetwork(_collectives.AllReduceSeconds(bytes, split.Tp), 2 * bytes * (split.Tp - 1) / split.Tp, (2 * _layers) - _moeLayers);
        if (_moeLayers == 0) return;
        var ranks = split.Tp * split.Dp;
        var seconds = split.Ep > _exchange.ActiveExperts ? ExchangeSeconds(ref sum, replicaTokens / split.Tp, ranks) : GatherSeconds(ref sum, allTokens, ranks);
        // Two micro-batches hide communication behind the other's work; about half stays exposed at equal shares.
        if (_deployment.TwoBatchOverlap) seconds = Math.Max(seconds * 0.1, seconds - (0.5 * (sum.ComputeSeconds + sum.BandwidthSeconds) / _layers));
        sum.AddNetwork(seconds, 0, _moeLayers);
    }

    /// <summary>Each token goes to the ranks of its experts, and back.</summary>
    private double ExchangeSeconds(ref CostSum sum, double rankTokens, int ranks)
    {
        sum.NetworkBytes += rankTokens * (_dispatchBytesPerToken + _combineBytesPerToken) * _moeLayers;
        return _collectives.ExpertExchangeSeconds(_exchange with { Tokens = rankTokens, Ranks = ranks }, _combineElementBytes);
    }

    /// <summary>
    /// Every rank gets all tokens, and partial sums are scattered. Engines do so without expert parallelism, and where a token's experts reach about
    /// as many ranks as there are: TensorRT-LLM leaves all-to-all off while <c>moe_ep_size ≤ top_k</c>.
    /// </summary>
    private double GatherSeconds(ref CostSum sum, double allTokens, int ranks)
    {
        var (there, back) = (allTokens * _exchange.HiddenSize * _gatherElementBytes, allTokens * _activationBytes);
        sum.NetworkBytes += (there + back) * (ranks - 1) / ranks * _moeLayers;
        return _collectives.AllGatherSeconds(there, ranks) + _collectives.ReduceScatterSeconds(back, ranks);
    }
}
