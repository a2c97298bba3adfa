using System.Collections.Immutable;
using Cluster.Scenarios.Sections;

namespace Cluster.Scenarios;

/// <summary>A scenario file, read and validated: one or more variants of a cluster under the same kind of load.</summary>
/// <param name="Name">Names it in reports.</param>
/// <param name="Variants">The file's own cluster first, then those under <c>compare</c>, in the order written.</param>
/// <param name="Directory">Trace paths are relative to it.</param>
public sealed record Scenario(string Name, ImmutableArray<ScenarioVariant> Variants, string Directory);

/// <summary>One cluster and its load: the scenario with one set of changes laid over it. Every default is filled in.</summary>
public sealed record ScenarioVariant
{
    /// <summary>Unique in the scenario: the key under <c>compare</c>, or the topology's shape (<c>2P2D</c>) for the file's own cluster.</summary>
    public required string Name { get; init; }

    /// <summary>Seeds everything random. Default 0: a run is repeatable unless asked to differ.</summary>
    public ulong Seed { get; init; }

    public required TopologySection Topology { get; init; }

    public required RouterSection Router { get; init; }

    public required TransferSection Transfer { get; init; }

    public required WorkloadSection Workload { get; init; }

    public required SloSection Slo { get; init; }

    public required TimeSection Time { get; init; }

    /// <summary>How pools grow and shrink; null: they do not.</summary>
    public AutoscaleSection? Autoscale { get; init; }

    /// <summary>What goes wrong; empty: nothing.</summary>
    public ImmutableArray<FaultSection> Faults { get; init; } = [];

    /// <summary>Settings from outside the file that are for pools of other variants.</summary>
    public ImmutableArray<string> SettingsOfOthers { get; init; } = [];

    /// <summary>Where the keys stand in the file, for errors found later.</summary>
    internal Yaml.ReadContext Places { get; init; } = new("", []);
}
