namespace Cluster.Grains.Messages;

/// <summary>To the instance that computes the prompt.</summary>
/// <param name="DecodeInstance">Where the KV goes afterwards; the same instance when nothing is handed over.</param>
/// <param name="Gateway">Where the tokens go.</param>
[GenerateSerializer, Immutable, Alias("xpyd.submit.v1")]
public sealed record SubmitOrder(
    [property: Id(0)] RequestMessage Request,
    [property: Id(1)] string DecodeInstance,
    [property: Id(2)] IGatewayObserver Gateway);

/// <summary>From the prefill instance to the decode instance: the prompt is computed, its KV waits at the source.</summary>
[GenerateSerializer, Immutable, Alias("xpyd.handover.v1")]
public sealed record HandOver(
    [property: Id(0)] RequestMessage Request,
    [property: Id(1)] string PrefillInstance,
    [property: Id(2)] int CachedTokens,
    [property: Id(3)] IGatewayObserver Gateway);

/// <summary>To the links: move the KV of a request. Answered when it has arrived.</summary>
/// <param name="MissingTokens">Prompt tokens that the destination lacks.</param>
[GenerateSerializer, Immutable, Alias("xpyd.transfer.v1")]
public sealed record TransferOrder(
    [property: Id(0)] long RequestId,
    [property: Id(1)] string Source,
    [property: Id(2)] string Destination,
    [property: Id(3)] int PromptTokens,
    [property: Id(4)] int MissingTokens);

/// <summary>The router's answer.</summary>
/// <param name="Placed">False when no open instance serves the request, or the policy turns it away.</param>
/// <param name="Rejection">Why it was not placed, for the client to read; empty when it was.</param>
[GenerateSerializer, Immutable, Alias("xpyd.route.v1")]
public sealed record RouteReply(
    [property: Id(0)] bool Placed,
    [property: Id(1)] string PrefillInstance,
    [property: Id(2)] string DecodeInstance,
    [property: Id(3)] long RoutedNs,
    [property: Id(4)] string Rejection);

/// <summary>What an instance tells the router after a step: one message, whatever happened in it.</summary>
[GenerateSerializer, Immutable, Alias("xpyd.report.v1")]
public sealed record InstanceReport(
    [property: Id(0)] string Instance,
    [property: Id(1)] long AtNs,
    [property: Id(2)] int Running,
    [property: Id(3)] int Waiting,
    [property: Id(4)] double KvUsage,
    [property: Id(5)] ulong[] StoredBlocks,
    [property: Id(6)] ulong[] RemovedBlocks,
    [property: Id(7)] long[] PrefillEnded,
    [property: Id(8)] long[] Ended);
