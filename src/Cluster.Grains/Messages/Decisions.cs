namespace Cluster.Grains.Messages;

/// <summary>One routing decision, with what each candidate would have cost.</summary>
/// <param name="Kind"><c>disaggregated</c>, <c>local_prefill</c>, <c>aggregated</c> or <c>rejected</c>.</param>
/// <param name="Prefill">Null when it was rejected.</param>
[GenerateSerializer, Immutable, Alias("xpyd.decision.v1")]
public sealed record DecisionMessage(
    [property: Id(0)] long RequestId,
    [property: Id(1)] long AtNs,
    [property: Id(2)] string Policy,
    [property: Id(3)] string Kind,
    [property: Id(4)] string? Prefill,
    [property: Id(5)] string? Decode,
    [property: Id(6)] int PromptTokens,
    [property: Id(7)] CandidateMessage[] Candidates)
{
    /// <summary>Predicted TTFT lost against the best candidate, both on what the router believed, emulated nanoseconds; −1: not predicted.</summary>
    [Id(8)] public long BelievedRegretNs { get; init; } = -1;

    /// <summary>TTFT lost against the best placement by the true state of every instance; −1: not judged.</summary>
    [Id(9)] public long RegretNs { get; init; } = -1;

    /// <summary>Where that placement would have computed the prompt; null when the decision was the best, or was not judged.</summary>
    [Id(10)] public string? Better { get; init; }
}

/// <summary>What a request would wait for on an instance, emulated nanoseconds.</summary>
[GenerateSerializer, Immutable, Alias("xpyd.estimate.v1")]
public sealed record EstimateMessage([property: Id(0)] long PrefillNs, [property: Id(1)] long DecodeNs);

/// <summary>What a candidate would have cost, in the policy's own terms; lower wins.</summary>
/// <param name="Role">What it was wanted for: <c>prefill</c> or <c>decode</c>.</param>
[GenerateSerializer, Immutable, Alias("xpyd.candidate.v1")]
public sealed record CandidateMessage(
    [property: Id(0)] string Instance,
    [property: Id(1)] string Role,
    [property: Id(2)] double Cost,
    [property: Id(3)] int MatchedTokens,
    [property: Id(4)] bool Chosen);
