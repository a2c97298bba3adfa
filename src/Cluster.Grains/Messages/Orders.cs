namespace Cluster.Grains.Messages;

/// <summary>To the instance that computes the prompt.</summary>
/// <param name="DecodeInstance">Where the KV goes afterwards; the same instance when nothing is handed over.</param>
/// <param name="Gateway">Where the tokens go.</param>
[GenerateSerializer, Immutable, Alias("xpyd.submit.v1")]
public sealed record SubmitOrder(
    [property: Id(0)] RequestMessage Request,
    [property: Id(1)] string DecodeInstance,
    [property: Id(2)] IGatewayObserver Gateway)
{
    /// <summary>Cache to fetch the prompt's beginning from before computing it; null: none.</summary>
    [Id(3)] public PrefixCopy? Copy { get; init; }
}

/// <summary>A prefix that is worth fetching.</summary>
/// <param name="Tokens">Leading prompt tokens that the source has.</param>
/// <param name="Missing">Of them, those that the destination lacks.</param>
[GenerateSerializer, Immutable, Alias("xpyd.prefix-copy.v1")]
public sealed record PrefixCopy(
    [property: Id(0)] string Source,
    [property: Id(1)] int Tokens,
    [property: Id(2)] int Missing);

/// <summary>From the prefill instance to the decode instance: KV of this request will come.</summary>
/// <param name="CachedTokens">Prompt tokens that the prefill instance had in its cache.</param>
[GenerateSerializer, Immutable, Alias("xpyd.handover.v1")]
public sealed record HandOver(
    [property: Id(0)] RequestMessage Request,
    [property: Id(1)] string PrefillInstance,
    [property: Id(2)] int CachedTokens,
    [property: Id(3)] IGatewayObserver Gateway)
{
    /// <summary>When the prompt's computation began, or ended where it is announced only then.</summary>
    [Id(4)] public required long AtNs { get; init; }
}

/// <summary>The router's answer.</summary>
/// <param name="Placed">False when no open instance serves the request, or the policy turns it away.</param>
/// <param name="Rejection">Why it was not placed, for the client to read; empty when it was.</param>
[GenerateSerializer, Immutable, Alias("xpyd.route.v1")]
public sealed record RouteReply(
    [property: Id(0)] bool Placed,
    [property: Id(1)] string PrefillInstance,
    [property: Id(2)] string DecodeInstance,
    [property: Id(3)] long RoutedNs,
    [property: Id(4)] string Rejection)
{
    /// <summary>A prefix that the prefill instance should fetch first; null: none.</summary>
    [Id(5)] public PrefixCopy? Copy { get; init; }
}

/// <summary>What an instance tells the router after a step: one message, whatever happened in it.</summary>
/// <param name="Blocks">What entered and left its cache, in the order in which it did: a block can go and come back within a step.</param>
[GenerateSerializer, Immutable, Alias("xpyd.report.v2")]
public sealed record InstanceReport(
    [property: Id(0)] string Instance,
    [property: Id(1)] long AtNs,
    [property: Id(2)] int Running,
    [property: Id(3)] int Waiting,
    [property: Id(4)] double KvUsage,
    [property: Id(5)] BlockNews[] Blocks,
    [property: Id(6)] long[] PrefillEnded,
    [property: Id(7)] long[] Ended);

/// <summary>What happened to blocks of a cache.</summary>
public enum BlockNewsKind
{
    /// <summary>They can be hit from now on.</summary>
    Stored,
    /// <summary>They left HBM for host memory: they can still be hit, at a price.</summary>
    ToHost,
    /// <summary>They left HBM or host memory for a disk.</summary>
    ToDisk,
    /// <summary>They are gone.</summary>
    Removed,
}

/// <summary>Blocks, by their chained keys, to which the same happened one after the other.</summary>
[GenerateSerializer, Immutable, Alias("xpyd.block-news.v1")]
public sealed record BlockNews([property: Id(0)] BlockNewsKind Kind, [property: Id(1)] ulong[] Keys);
