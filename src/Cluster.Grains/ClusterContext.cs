using Cluster.Compute;
using Cluster.Engine.Topology;
using Cluster.Grains.Hosting;
using Cluster.Grains.Instances;
using Cluster.Grains.Journal;
using Cluster.Grains.Timing;

namespace Cluster.Grains;

/// <summary>What every grain of a silo needs of the cluster it belongs to: its specification, its clock, its step timers.</summary>
/// <param name="Cluster">Each silo resolves the same scenario, so this is the same everywhere: how the cluster began, and what more of each pool would be.</param>
/// <param name="Timers">Makes the step timer of one instance, which makes its steps' durations real.</param>
public sealed record ClusterContext(ClusterSpec Cluster, EmulatedClock Clock, Func<InstanceSpec, IStepTimer> Timers)
{
    /// <summary>What all processes of the cluster agree on.</summary>
    public ClusterCharter Charter { get; init; } = ClusterCharter.Begin(Cluster.Name, "");

    /// <summary>Looks on at every step of this silo; null: nobody does.</summary>
    public IStepWatch? Watch { get; init; }

    /// <summary>Writes the router's inputs down; null: nobody wants them.</summary>
    public RouterJournal? Journal { get; init; }

    /// <inheritdoc cref="ClusterSpec.Find"/>
    public InstanceSpec Find(string instance) => Cluster.Find(instance);
}
