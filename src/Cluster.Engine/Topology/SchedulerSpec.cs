namespace Cluster.Engine.Topology;

/// <summary>An engine's scheduler: which policy, and its limits. Names are vLLM's.</summary>
/// <param name="Policy">A name in <c>Scheduling.Schedulers.Registry</c>: vllm, sglang, trtllm, static.</param>
/// <param name="MaxNumSeqs">Requests running at once.</param>
/// <param name="MaxNumBatchedTokens">Token budget of a step; under pipeline parallelism, of each micro-batch.</param>
public sealed record SchedulerSpec(string Policy, int MaxNumSeqs, int MaxNumBatchedTokens)
{
    /// <summary>A prompt may be split over steps.</summary>
    public bool EnableChunkedPrefill { get; init; } = true;

    /// <summary>Most prompt tokens one request may take of a step; 0: no limit but the budget.</summary>
    public int LongPrefillTokenThreshold { get; init; }

    /// <summary>Waiting requests are ordered by priority, then arrival, instead of arrival alone.</summary>
    public bool PriorityOrder { get; init; }

    /// <summary>
    /// The host composes a step while the one before it runs, so that the GPU never waits: a request that arrives during a
    /// step joins the next but one (vLLM's async scheduling, SGLang's and TensorRT-LLM's overlap scheduler).
    /// </summary>
    public bool OverlapScheduling { get; init; }

    /// <summary>Values for the dials of the policy; those absent take their default.</summary>
    public IReadOnlyDictionary<string, double> Dials { get; init; } = new Dictionary<string, double>();
}
