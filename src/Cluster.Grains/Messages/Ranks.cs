using Cluster.Compute;
using Cluster.Engine.Cost;

namespace Cluster.Grains.Messages;

/// <summary>To a rank group: a step begins. One message per group and step.</summary>
[GenerateSerializer, Immutable, Alias("xpyd.rank-step.v1")]
public readonly record struct RankStep(
    [property: Id(0)] double DurationSeconds,
    [property: Id(1)] double ComputeSeconds,
    [property: Id(2)] double BandwidthSeconds,
    [property: Id(3)] double NetworkSeconds,
    [property: Id(4)] double HostSeconds,
    [property: Id(5)] double Flops,
    [property: Id(6)] double HbmBytes,
    [property: Id(7)] double NetworkBytes,
    [property: Id(8)] bool Extrapolated)
{
    public static RankStep Of(in StepCost c) => new(
        c.DurationSeconds, c.ComputeSeconds, c.BandwidthSeconds, c.NetworkSeconds, c.HostSeconds, c.Flops, c.HbmBytes, c.NetworkBytes, c.Extrapolated);

    public StepCost ToCost() => new(
        DurationSeconds, ComputeSeconds, BandwidthSeconds, NetworkSeconds, HostSeconds, Flops, HbmBytes, NetworkBytes, Extrapolated);
}

/// <summary>From a rank group: how long its share took on its host.</summary>
[GenerateSerializer, Immutable, Alias("xpyd.rank-timing.v1")]
public readonly record struct RankTiming(
    [property: Id(0)] long EmulatedDurationNs,
    [property: Id(1)] double Ratio,
    [property: Id(2)] long MatmulNs,
    [property: Id(3)] long QueuedNs,
    [property: Id(4)] bool Saturated)
{
    public static RankTiming Of(StepTiming t) => new(t.EmulatedDurationNs, t.Ratio, t.MatmulNs, t.QueuedNs, t.Saturated);

    public StepTiming ToTiming() => new(EmulatedDurationNs, Ratio, MatmulNs, QueuedNs, Saturated);
}
