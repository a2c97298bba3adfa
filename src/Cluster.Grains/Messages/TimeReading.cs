namespace Cluster.Grains.Messages;

/// <summary>How emulated time runs from a moment on, in every process of the cluster.</summary>
/// <param name="FromUtc">The moment, by the wall clock.</param>
/// <param name="FromNs">Emulated nanoseconds at that moment.</param>
/// <param name="Scale">Emulated seconds per wall second, 0.01 to 100.</param>
[GenerateSerializer, Immutable, Alias("xpyd.time-reading.v1")]
public sealed record TimeReading(
    [property: Id(0)] DateTime FromUtc,
    [property: Id(1)] long FromNs,
    [property: Id(2)] double Scale);

/// <summary>What the time grain keeps beyond its own life.</summary>
[GenerateSerializer, Immutable, Alias("xpyd.time-state.v1")]
public sealed record TimeState
{
    /// <summary>Beginning of the emulated time that the reading belongs to: another cluster's is void.</summary>
    [Id(0)] public DateTime EpochUtc { get; init; }

    /// <summary>Null: as the scenario has it.</summary>
    [Id(1)] public TimeReading? Reading { get; init; }
}
