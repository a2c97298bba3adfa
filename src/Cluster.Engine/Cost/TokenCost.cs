using Cluster.Engine.Models;

namespace Cluster.Engine.Cost;

/// <summary>One part of a step's operators, and what one expert layer's exchange between attention replicas takes in it.</summary>
internal struct TokenCostPart
{
    public CostSum Sum;
    public double ExchangeSeconds;
}

/// <summary>
/// Everything in a forward pass that depends on token counts alone: dense GEMMs, experts, norms, collectives. Each operator sees either one attention
/// replica's tokens or all replicas', so two one-dimensional tables hold all that there is to know.
/// </summary>
internal sealed class TokenCost
{
    /// <summary>
    /// Most tokens of an attention replica whose shared experts run behind the routed ones, on a stream of their own inside CUDA graphs: vLLM's
    /// VLLM_SHARED_EXPERTS_STREAM_TOKEN_THRESHOLD. SGLang (dual stream) and TensorRT-LLM (auxiliary stream) do the same for decode batches.
    /// </summary>
    private const double SharedExpertsStreamTokens = 256;

    private readonly Deployment _deployment;
    private readonly GemmShape[] _gemms;
    private readonly GemmCost[] _gemmCosts;
    private readonly MoeCost[] _moes;
    private readonly CollectiveCost _collectives;
    private readonly ElementwiseCost _elementwise;
    private readonly double _layers;
    private readonly double _moeLayers;
    private readonly double _jointNorms;
    private readonly double _hiddenTokens;
    private readonly double _activationBytes;
    private readonly double _dispatchBytesPerToken;
    private readonly double _combineBytesPerToken;
    private readonly double _combineElementBytes;
    private readonly double _gatherElementBytes;
    private readonly ExchangeLoad _exchange;
    private readonly int _ranks;
    private readonly bool _exchanges;
    private readonly bool _gathers;

    public TokenCost(Deployment deployment)
    {
        _deployment = deployment;
        var model = deployment.Model;
        _gemms = [.. DenseGemms.Of(deployment)];
        _gemmCosts = [.. _gemms.Select(g => GemmCost.Of(deployment, g.Format))];
        _moes = [.. model.Layers.Where(g => g.Moe is not null).Select(g => new MoeCost(deployment, g))];
        _collectives = new CollectiveCost(deployment.Gpu, deployment.Engine);
        _elementwise = new ElementwiseCost(deployment);
        _layers = model.LayerCount;
        _moeLayers = model.Layers.Where(g => g.Moe is not null).Sum(g => g.Count);
        _jointNorms = model.Layers.Where(g => g.Attention is { NormAcrossHeads: true }).Sum(g => g.Count);
        _hiddenTokens = deployment.CudaGraphs ? Math.Min(SharedExpertsStreamTokens, deployment.Engine.MaxGraphTokens) : 0;
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
        var split = deployment.Parallelism;
        _ranks = split.Tp * split.Dp;
        var between = split.Dp > 1 && _moeLayers > 0;
        (_exchanges, _gathers) = (between && split.Ep > active, between && split.Ep <= active);
    }

    /// <summary>The step's operators that see one attention replica's tokens: dense products, norms, its own collectives, and exchanges of its tokens.</summary>
    public TokenCostPart OfReplica(double tokens)
    {
        var part = default(TokenCostPart);
        for (var i = 0; i < _gemms.Length; i++)
        {
            if (_gemms[i].IsBesideExperts && tokens <= _hiddenTokens) _gemmCosts[i].AddHidden(ref part.Sum, tokens, in _gemms[i]);
            else _gemmCosts[i].Add(ref part.Sum, tokens, in _gemms[i]);
        }

        _elementwise.Add(ref part.Sum, tokens);
        AddReduces(ref part.Sum, tokens);
        if (_exchanges) part.ExchangeSeconds = ExchangeSeconds(ref part.Sum, tokens / _deployment.Parallelism.Tp);
        return part;
    }

    /// <summary>The operators that see the tokens of all replicas: experts, and the gathers that bring all tokens to every rank.</summary>
    public TokenCostPart OfAll(double tokens)
    {
        var part = default(TokenCostPart);
        foreach (var moe in _moes) moe.Add(ref part.Sum, tokens);
        if (_gathers) part.ExchangeSeconds = GatherSeconds(ref part.Sum, tokens);
        return part;
    }

    /// <summary>Both parts of a step: exchanges between replicas are exposed, but for what two micro-batches hide behind each other's work.</summary>
    public CostSum Join(in TokenCostPart replica, in TokenCostPart all)
    {
        var sum = replica.Sum;
        sum.Add(all.Sum);
        var seconds = replica.ExchangeSeconds + all.ExchangeSeconds;
        // About half stays exposed at equal shares.
        if (_deployment.TwoBatchOverlap) seconds = Math.Max(seconds * 0.1, seconds - (0.5 * (sum.ComputeSeconds + sum.BandwidthSeconds) / _layers));
        sum.AddNetwork(seconds, 0, _exchanges || _gathers ? _moeLayers : 0);
        return sum;
    }

    private void AddReduces(ref CostSum sum, double tokens)
    {
        var split = _deployment.Parallelism;
        // Two sums of squares per token, in 32 bits.
        if (_jointNorms > 0) sum.AddNetwork(_collectives.AllReduceSeconds(8 * tokens, split.Tp), 16 * tokens * (split.Tp - 1) / split.Tp, _jointNorms);
        var bytes = tokens * _activationBytes;
        // Under attention data parallelism only attention's output and the MLP of dense layers stay inside the attention group.
        var reduces = split.Dp == 1 ? 2 * _layers : (2 * _layers) - _moeLayers;
        sum.AddNetwork(_collectives.AllReduceSeconds(bytes, split.Tp, tokens <= _deployment.Engine.OneShotAllReduceTokens), 2 * bytes * (split.Tp - 1) / split.Tp, reduces);
    }

    /// <summary>Each token goes to the ranks of its experts, and back.</summary>
    private double ExchangeSeconds(ref CostSum sum, double rankTokens)
    {
        sum.NetworkBytes += rankTokens * (_dispatchBytesPerToken + _combineBytesPerToken) * _moeLayers;
        return _collectives.ExpertExchangeSeconds(_exchange with { Tokens = rankTokens, Ranks = _ranks }, _combineElementBytes);
    }

    /// <summary>
    /// Every rank gets all tokens, and partial sums are scattered. Engines do so without expert parallelism, and where a token's experts reach about
    /// as many ranks as there are: TensorRT-LLM leaves all-to-all off while <c>moe_ep_size ≤ top_k</c>.
    /// </summary>
    private double GatherSeconds(ref CostSum sum, double allTokens)
    {
        var (there, back) = (allTokens * _exchange.HiddenSize * _gatherElementBytes, allTokens * _activationBytes);
        sum.NetworkBytes += (there + back) * (_ranks - 1) / _ranks * _moeLayers;
        return _collectives.AllGatherSeconds(there, _ranks) + _collectives.ReduceScatterSeconds(back, _ranks);
    }
}
