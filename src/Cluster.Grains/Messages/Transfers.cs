namespace Cluster.Grains.Messages;

/// <summary>To the links, from a prefill instance: prompt tokens are computed in the step that begins, or all of them have been.</summary>
/// <param name="Computed">Tokens computed before this step.</param>
/// <param name="Tokens">Tokens of this step.</param>
/// <param name="Ended">The whole prompt is computed; its KV waits at the source.</param>
[GenerateSerializer, Immutable, Alias("xpyd.kv-computed.v1")]
public sealed record KvComputed(
    [property: Id(0)] long RequestId,
    [property: Id(1)] string Source,
    [property: Id(2)] string Destination,
    [property: Id(3)] int PromptTokens,
    [property: Id(4)] int Computed,
    [property: Id(5)] int Tokens,
    [property: Id(6)] bool Ended)
{
    /// <summary>When the step began, or had computed it all; emulated, as are all moments of messages: how long they travel is no part of it.</summary>
    [Id(7)] public required long AtNs { get; init; }
}

/// <summary>To the links, from a decode instance: there are blocks for the KV of this request.</summary>
/// <param name="MissingTokens">Prompt tokens that the destination lacks.</param>
[GenerateSerializer, Immutable, Alias("xpyd.kv-reserved.v1")]
public sealed record KvReserved(
    [property: Id(0)] long RequestId,
    [property: Id(1)] string Source,
    [property: Id(2)] string Destination,
    [property: Id(3)] int PromptTokens,
    [property: Id(4)] int MissingTokens)
{
    /// <summary>W3C context of the request's trace; null: it is not kept.</summary>
    [Id(5)] public string? Trace { get; init; }

    /// <summary>When there were.</summary>
    [Id(6)] public required long AtNs { get; init; }
}

/// <summary>To the links: copy the KV of a prompt's beginning from one cache to another.</summary>
[GenerateSerializer, Immutable, Alias("xpyd.copy.v1")]
public sealed record CopyOrder(
    [property: Id(0)] long RequestId,
    [property: Id(1)] string Source,
    [property: Id(2)] string Destination,
    [property: Id(3)] int Tokens)
{
    /// <summary>When its request was sent there.</summary>
    [Id(4)] public required long AtNs { get; init; }
}

/// <summary>From the links: KV has arrived.</summary>
[GenerateSerializer, Immutable, Alias("xpyd.kv-arrival.v1")]
public sealed record KvArrival(
    [property: Id(0)] long RequestId,
    [property: Id(1)] long Bytes,
    [property: Id(2)] long DurationNs)
{
    /// <summary>When the last of it had come.</summary>
    [Id(3)] public required long AtNs { get; init; }
}
