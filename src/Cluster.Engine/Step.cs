using Cluster.Engine.Cost;

namespace Cluster.Engine;

/// <summary>A step in progress: what it computes, what that costs, and when its tokens become visible.</summary>
public readonly record struct Step(long StartNs, long DueNs, StepShape Shape, StepCost Cost)
{
    public long DurationNs => DueNs - StartNs;
}
