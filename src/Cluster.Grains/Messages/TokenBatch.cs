namespace Cluster.Grains.Messages;

/// <summary>All tokens of one step for one gateway: one message per step, not one per token.</summary>
/// <param name="EmittedNs">When they became visible, emulated nanoseconds.</param>
[GenerateSerializer, Immutable, Alias("xpyd.tokens.v1")]
public sealed record TokenBatch(
    [property: Id(0)] string Instance,
    [property: Id(1)] long EmittedNs,
    [property: Id(2)] TokenEvent[] Events);

/// <summary>Tokens of one request, and its end if they were the last.</summary>
[GenerateSerializer, Immutable, Alias("xpyd.token.v1")]
public readonly record struct TokenEvent(
    [property: Id(0)] long RequestId,
    [property: Id(1)] int Count,
    [property: Id(2)] RequestEnd? End);

/// <summary>The one terminal state of a request, as its instance knows it.</summary>
[GenerateSerializer, Immutable, Alias("xpyd.end.v1")]
public sealed record RequestEnd
{
    /// <summary>Null when it completed; else what went wrong, for the client to read.</summary>
    [Id(0)] public string? Error { get; init; }

    /// <summary>The instance could never take it, or none is open: nothing was computed.</summary>
    [Id(1)] public bool Rejected { get; init; }
    [Id(2)] public int CachedTokens { get; init; }

    /// <summary>The hops of its TTFT in order of <c>TtftHops.Names</c>, emulated nanoseconds; empty when it has none.</summary>
    [Id(3)] public long[] HopsNs { get; init; } = [];

    /// <summary>The instance is lost, not the request: the gateway places it anew, with the tokens that its client has.</summary>
    [Id(4)] public bool Lost { get; init; }
}
