namespace Cluster.Engine.Cost;

/// <summary>
/// What one step of one instance computes, summed over its requests: everything a cost model may look at.
/// Request <c>i</c> computes <c>n_i</c> new tokens over <c>c_i</c> tokens that are in cache already.
/// A request with one new token and its prompt complete is a decode; all others are prefill.
/// </summary>
public readonly record struct StepShape
{
    /// <summary>Requests that compute prompt tokens in this step.</summary>
    public int PrefillSequences { get; init; }

    /// <summary>Σ n_i over prefill.</summary>
    public long PrefillTokens { get; init; }

    /// <summary>Σ (n_i·c_i + n_i·(n_i+1)/2) over prefill: causal query–key pairs under full attention.</summary>
    public long PrefillPairs { get; init; }

    /// <summary>As <see cref="PrefillPairs"/>, each query seeing at most the model's bounded context (window, sinks, top-k).</summary>
    public long PrefillBoundedPairs { get; init; }

    /// <summary>Σ (c_i + n_i) over prefill: tokens of KV that prefill attention reads.</summary>
    public long PrefillContextTokens { get; init; }

    /// <summary>Share of prefill tokens that the busiest attention replica computes; 0: sequences are dealt evenly.</summary>
    public double BusiestPrefillShare { get; init; }

    /// <summary>Tokens that one micro-batch of a pipeline takes; a longer prompt is cut into chunks that follow one another over the stages. 0: prompts are never cut.</summary>
    public int MicroBatchTokens { get; init; }

    /// <summary>The stages of a pipeline were idle before: its first micro-batches have to fill it.</summary>
    public bool FillsPipeline { get; init; }

    /// <summary>Requests that decode in this step.</summary>
    public int DecodeSequences { get; init; }

    /// <summary>New tokens per decoding request: 1, or 1 + K when K drafted tokens are verified.</summary>
    public int DecodeTokensPerSequence { get; init; }

    /// <summary>Σ (c_i + 1) over decode: tokens of KV that decode attention reads under full attention.</summary>
    public long DecodeContextTokens { get; init; }

    /// <summary>As <see cref="DecodeContextTokens"/>, each request bounded by the model's bounded context.</summary>
    public long DecodeBoundedContextTokens { get; init; }

    /// <summary>Prompt tokens of requests that join with KV computed elsewhere: nothing computes them here, but the host takes them in.</summary>
    public long ReceivedTokens { get; init; }

    /// <summary>Rows of the LM head: requests that get a token from this step.</summary>
    public int SampledSequences { get; init; }

    /// <summary>Rows of every dense GEMM in this step.</summary>
    public long TotalTokens => PrefillTokens + (long)DecodeSequences * DecodeTokensPerSequence;

    /// <summary>A share of its prompts and a share of its decodes; sequences and tokens are rounded up.</summary>
    internal StepShape Part(double prefill, double decode) => this with
    {
        PrefillSequences = (int)Math.Ceiling(PrefillSequences * prefill),
        PrefillTokens = (long)Math.Ceiling(PrefillTokens * prefill),
        PrefillPairs = (long)(PrefillPairs * prefill),
        PrefillBoundedPairs = (long)(PrefillBoundedPairs * prefill),
        PrefillContextTokens = (long)(PrefillContextTokens * prefill),
        DecodeSequences = (int)Math.Ceiling(DecodeSequences * decode),
        DecodeContextTokens = (long)(DecodeContextTokens * decode),
        DecodeBoundedContextTokens = (long)(DecodeBoundedContextTokens * decode),
    };
}
