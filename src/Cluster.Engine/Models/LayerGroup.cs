namespace Cluster.Engine.Models;

/// <summary>
/// <see cref="Count"/> like layers. Exactly one of <see cref="Attention"/>, <see cref="Mla"/>, <see cref="StateSpace"/> mixes
/// tokens; at most one of <see cref="Mlp"/>, <see cref="Moe"/> follows (Mamba layers have none).
/// </summary>
public sealed record LayerGroup(int Count)
{
    public AttentionShape? Attention { get; init; }

    public MlaShape? Mla { get; init; }

    public StateSpaceShape? StateSpace { get; init; }

    public MlpShape? Mlp { get; init; }

    public MoeShape? Moe { get; init; }

    /// <summary>Tokens of context that a query sees in these layers; <see cref="int.MaxValue"/> when all of them.</summary>
    public int ContextBound => Attention?.ContextBound ?? (Mla is { TopK: > 0 } mla ? mla.TopK : int.MaxValue);

    /// <summary>KV elements that one token adds in one layer: 2·H_kv·d_h, or the MLA latent with its rope part; 0 for state space.</summary>
    public int KvElementsPerToken =>
        Attention is { } a ? 2 * a.KvHeads * a.HeadSize : Mla is { } m ? m.KvRank + m.RopeHeadSize : 0;
}

/// <summary>Multi-head, grouped-query or multi-query attention: MHA when <paramref name="KvHeads"/> = <paramref name="QueryHeads"/>, MQA when 1.</summary>
public sealed record AttentionShape(int QueryHeads, int KvHeads, int HeadSize)
{
    /// <summary>Sliding window in tokens; 0: full attention.</summary>
    public int Window { get; init; }

    /// <summary>First tokens kept beside the window.</summary>
    public int Sinks { get; init; }

    /// <summary>Block-sparse attention reads at most this many tokens per query; 0: dense.</summary>
    public int TopK { get; init; }

    /// <summary>A gate as wide as the queries multiplies the output (Qwen3-Next): the query projection doubles.</summary>
    public bool OutputGate { get; init; }

    /// <summary>Queries and keys are normalised over all heads at once (MiniMax-M2): tensor-parallel ranks have to add up their squares first.</summary>
    public bool NormAcrossHeads { get; init; }

    public int ContextBound => Window > 0 ? Window + Sinks : TopK > 0 ? TopK : int.MaxValue;
}

/// <summary>Multi-head latent attention (DeepSeek-V2, arXiv:2405.04434 §2.1): K and V of all heads live in one latent.</summary>
/// <param name="QueryRank">Rank of the query's down-projection; 0: queries are projected directly.</param>
/// <param name="KvRank">Width of the KV latent.</param>
/// <param name="NopeHeadSize">Part of a head without rotary positions.</param>
/// <param name="RopeHeadSize">Part with them; its key is shared by all heads and cached beside the latent.</param>
public sealed record MlaShape(int QueryHeads, int QueryRank, int KvRank, int NopeHeadSize, int RopeHeadSize, int ValueHeadSize)
{
    /// <summary>Tokens that sparse attention selects per query (DeepSeek-V3.2: 2048); 0: dense.</summary>
    public int TopK { get; init; }

    /// <summary>Heads of the selection's indexer; 0 without one.</summary>
    public int IndexerHeads { get; init; }

    public int IndexerHeadSize { get; init; }
}

/// <summary>A layer with a fixed state per sequence: Mamba, Mamba-2, gated delta net, linear attention.</summary>
/// <param name="InnerSize">Width between the projections: columns of the output projection's input.</param>
/// <param name="InputProjectionSize">Columns of all projections from the hidden state together.</param>
/// <param name="StateElements">Elements of recurrent state per sequence and layer (Mamba: d_inner·N; delta net: heads·d_k·d_v).</param>
/// <param name="ConvolutionChannels">Channels of the short causal convolution.</param>
/// <param name="ConvolutionSize">Its taps; the last taps − 1 inputs are state too.</param>
public sealed record StateSpaceShape(int InnerSize, int InputProjectionSize, long StateElements, int ConvolutionChannels, int ConvolutionSize)
{
    /// <summary>Weights besides the two projections and the convolution (Mamba: x_proj, dt_proj, A, D).</summary>
    public long ExtraParameters { get; init; }

    /// <summary>Storage of the recurrent state that the model's own configuration asks for; null: the engine chooses (<see cref="Hardware.EngineProfile.StateFormat"/>).</summary>
    public NumberFormat? StateFormat { get; init; }

    /// <summary>Bytes of a sequence's state in one layer, with the convolution's last inputs in 16 bits.</summary>
    public double StateBytes(NumberFormat format) => (StateElements * NumberFormats.BytesPerWeight(format)) + (2.0 * ConvolutionChannels * (ConvolutionSize - 1));
}

/// <summary>A dense MLP: gate, up and down matrices when gated (SwiGLU), else up and down.</summary>
public sealed record MlpShape(int Size, bool Gated = true);

/// <summary>A mixture of experts.</summary>
/// <param name="Experts">E, routed experts.</param>
/// <param name="ActiveExperts">k, chosen per token.</param>
/// <param name="ExpertSize">Width of one routed expert.</param>
public sealed record MoeShape(int Experts, int ActiveExperts, int ExpertSize)
{
    /// <summary>Width of the experts that every token visits, together; 0: none.</summary>
    public int SharedSize { get; init; }

    /// <summary>Format in which the router scores experts: some models insist on 32 bits, which no tensor core computes.</summary>
    public NumberFormat RouterFormat { get; init; } = NumberFormat.Bf16;

    public bool Gated { get; init; } = true;
}
