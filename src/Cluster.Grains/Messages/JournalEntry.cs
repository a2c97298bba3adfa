namespace Cluster.Grains.Messages;

/// <summary>One input of the router, in the order in which it took them, and what it decided if it was a request.</summary>
/// <param name="Op"><c>begin</c>, <c>route</c>, <c>report</c>, <c>withdraw</c>, <c>plan</c>, <c>restart</c> or <c>forget</c>.</param>
/// <param name="Ns">The router's clock, emulated nanoseconds.</param>
public sealed record JournalEntry(string Op, long Ns)
{
    /// <summary>Name of the cluster; of <c>begin</c>.</summary>
    public string? Cluster { get; init; }
    public RequestMessage? Request { get; init; }
    public InstanceReport? Report { get; init; }
    public RouterPlan? Plan { get; init; }

    /// <summary>Of <c>withdraw</c>.</summary>
    public long? RequestId { get; init; }

    /// <summary>Of <c>forget</c>.</summary>
    public string? Instance { get; init; }

    /// <summary>The decision; null when the request was turned away.</summary>
    public string? Prefill { get; init; }
    public string? Decode { get; init; }
}
