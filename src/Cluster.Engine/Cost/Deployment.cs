using Cluster.Engine.Hardware;
using Cluster.Engine.Models;

namespace Cluster.Engine.Cost;

/// <summary>One instance as the cost model sees it: a model, on a GPU, split so, in these formats.</summary>
public sealed record Deployment(ModelArchitecture Model, GpuProfile Gpu, Parallelism Parallelism, NumberFormat Weights, NumberFormat Kv)
{
    /// <summary>The serving engine: host time and abilities.</summary>
    public required EngineProfile Engine { get; init; }

    /// <summary>Format of routed experts; null: the model's native expert format if it has one and <see cref="Weights"/> is 16-bit, block-scaled fp8 if that is fp8, else <see cref="Weights"/>.</summary>
    public NumberFormat? ExpertWeights { get; init; }

    /// <summary>Format of activations between operators: what collectives carry.</summary>
    public NumberFormat Activations { get; init; } = NumberFormat.Bf16;

    /// <summary>Format of recurrent states; null: what the model's configuration asks for, else the engine's own.</summary>
    public NumberFormat? States { get; init; }

    /// <summary>How unevenly tokens choose experts: exponent of a power law over experts' popularity; 0: balanced. DeepSeek-like measured loads are near 1.01.</summary>
    public double RoutingSkew { get; init; }

    /// <summary>Extra copies of hot experts over all ranks (EPLB): flatten the skew, cost memory.</summary>
    public int RedundantExperts { get; init; }

    /// <summary>Norms, activations and quantisation are fused into their neighbours; else each is a launch and an HBM round trip.</summary>
    public bool Fusion { get; init; } = true;

    /// <summary>Decode steps replay CUDA graphs; else every kernel is launched by the host.</summary>
    public bool CudaGraphs { get; init; } = true;

    /// <summary>Two micro-batches hide each other's expert-parallel communication.</summary>
    public bool TwoBatchOverlap { get; init; }

    /// <summary>Drafted tokens verified per step; null: none.</summary>
    public SpeculativeDecoding? Speculation { get; init; }

    /// <summary>What the cache forgets beyond the model's own windows; null: nothing.</summary>
    public KvRetention? Retention { get; init; }

    /// <summary>Format of routed experts after the default rule.</summary>
    public NumberFormat EffectiveExpertWeights => ExpertWeights ?? DefaultExpertWeights;

    /// <summary>Bytes of a sequence's recurrent state in one layer.</summary>
    public double StateBytes(StateSpaceShape shape)
    {
        ArgumentNullException.ThrowIfNull(shape);
        return shape.StateBytes(States ?? shape.StateFormat ?? Engine.StateFormat);
    }

    /// <summary>
    /// Mixture models are published in fp8 with block scales, and Hopper's grouped kernels are tuned for those; per-tensor experts are an explicit choice.
    /// </summary>
    private NumberFormat DefaultExpertWeights => Weights switch
    {
        NumberFormat.Fp8 when Gpu.Kernels.Moe.ContainsKey(NumberFormat.Fp8Block) && Engine.WeightFormats.Contains(NumberFormat.Fp8Block) => NumberFormat.Fp8Block,
        _ when NumberFormats.Bits(Weights) >= 16 && Model.NativeExpertFormat is { } native => native,
        _ => Weights,
    };
}

/// <summary>Where drafts come from.</summary>
public enum DraftMethod
{
    /// <summary>A small model runs K times; costs <see cref="SpeculativeDecoding.DraftCost"/> of a target step each.</summary>
    DraftModel,
    /// <summary>Extra LM heads propose all K tokens at once (arXiv:2401.10774).</summary>
    Medusa,
    /// <summary>One decoder layer and LM head, K times (arXiv:2401.15077).</summary>
    Eagle,
    /// <summary>The model's own multi-token-prediction layers, K times (arXiv:2412.19437 §2.2).</summary>
    Mtp,
}

/// <summary>Speculative decoding: K drafted tokens, each accepted with probability α, verified in one pass.</summary>
/// <param name="DraftTokens">K.</param>
/// <param name="AcceptanceRate">α, in [0, 1).</param>
/// <param name="DraftCost">c: one draft token as a share of a target step; used by <see cref="DraftMethod.DraftModel"/>.</param>
public sealed record SpeculativeDecoding(DraftMethod Method, int DraftTokens, double AcceptanceRate, double DraftCost = 0)
{
    /// <summary>
    /// The decoder layer that drafts, beside embedding and LM head: of MTP the model's last as it is, of EAGLE one with its attention and a dense MLP as wide as what a
    /// token visits (published heads of mixture models have no experts); null where none does.
    /// </summary>
    public LayerGroup? DraftLayer(ModelArchitecture model)
    {
        ArgumentNullException.ThrowIfNull(model);
        if (Method is not (DraftMethod.Eagle or DraftMethod.Mtp)) return null;
        var last = (model.Layers.LastOrDefault(g => g.StateSpace is null) ?? model.Layers[^1]) with { Count = 1 };
        if (Method == DraftMethod.Mtp || last.Moe is not { } moe) return last;
        return last with { Moe = null, Mlp = new MlpShape((moe.ActiveExperts * moe.ExpertSize) + moe.SharedSize, moe.Gated) };
    }

    /// <summary>Expected tokens per verifying pass: (1 − α^(K+1)) ÷ (1 − α) (arXiv:2211.17192 eq. 1).</summary>
    public double ExpectedTokensPerPass =>
        AcceptanceRate >= 1 ? DraftTokens + 1 : (1 - Math.Pow(AcceptanceRate, DraftTokens + 1)) / (1 - AcceptanceRate);
}

/// <summary>Lossy KV eviction: each query sees sinks, the last window and the heaviest hitters only.</summary>
/// <param name="Window">Last tokens kept.</param>
/// <param name="Sinks">First tokens kept (arXiv:2309.17453).</param>
/// <param name="HeavyHitters">Most attended tokens kept (arXiv:2306.14048).</param>
public sealed record KvRetention(int Window, int Sinks = 4, int HeavyHitters = 0)
{
    /// <summary>Tokens of context a query sees.</summary>
    public int ContextBound => Window + Sinks + HeavyHitters;
}
