namespace Cluster.Grains.Messages;

/// <summary>A fault to inject, or one in force.</summary>
/// <param name="Id">Empty in an order.</param>
/// <param name="Kind">A name in <c>FaultKinds</c>.</param>
/// <param name="Target">An instance, a pool, or the link's name for all instances; empty where none is meant.</param>
/// <param name="Factor">Null: the kind's default.</param>
/// <param name="ForNs">How long it lasts, emulated nanoseconds; null: until cleared.</param>
[GenerateSerializer, Immutable, Alias("xpyd.fault.v1")]
public sealed record FaultMessage(
    [property: Id(0)] string Id,
    [property: Id(1)] string Kind,
    [property: Id(2)] string Target,
    [property: Id(3)] double? Factor = null,
    [property: Id(4)] long? ForNs = null)
{
    /// <summary>The instances that it struck.</summary>
    [Id(5)] public string[] Instances { get; init; } = [];

    /// <summary>Of <c>slow</c>: which rank of each instance.</summary>
    [Id(7)] public int Rank { get; init; }

    /// <summary>Of <c>slow_client</c>: share of the clients.</summary>
    [Id(8)] public double Share { get; init; } = 1;

    /// <summary>When it began, emulated nanoseconds.</summary>
    [Id(6)] public long AtNs { get; init; }
}

/// <summary>What the fault grain keeps beyond its own life.</summary>
[GenerateSerializer, Immutable, Alias("xpyd.fault-state.v1")]
public sealed record FaultState
{
    [Id(0)] public FaultMessage[] InForce { get; init; } = [];
    [Id(1)] public int Injected { get; init; }
}

/// <summary>What came of a fault that was to be injected or cleared.</summary>
[GenerateSerializer, Immutable, Alias("xpyd.fault-reply.v1")]
public sealed record FaultReply(
    [property: Id(0)] FaultMessage? Fault,
    [property: Id(1)] string? Refusal = null,
    [property: Id(2)] bool NotFound = false);
