using System.Collections.Immutable;

namespace Cluster.Scenarios.Sections;

/// <summary>How pools grow and shrink; defaults are those of <c>AutoscaleSpec</c>.</summary>
public sealed record AutoscaleSection
{
    /// <summary>Bounds by pool.</summary>
    public ImmutableArray<(string Pool, int Min, int Max)> Pools { get; init; } = [];

    /// <summary>Everything but the pools.</summary>
    public Cluster.Engine.Autoscaling.AutoscaleSpec Planner { get; init; } = new();
}
