using Cluster.Compute;
using Cluster.Engine.Topology;
using Cluster.Grains.Timing;

namespace Cluster.Grains;

/// <summary>What every grain of a silo needs of the cluster it belongs to: its specification, its clock, its step timers.</summary>
/// <param name="Cluster">Each silo resolves the same scenario, so this is the same everywhere.</param>
/// <param name="Timers">Makes the step timer of one instance, which makes its steps' durations real.</param>
public sealed record ClusterContext(ClusterSpec Cluster, EmulatedClock Clock, Func<InstanceSpec, IStepTimer> Timers)
{
    /// <summary>Index of an instance in the cluster.</summary>
    /// <exception cref="ArgumentException">No such instance.</exception>
    public int IndexOf(string instance)
    {
        for (var i = 0; i < Cluster.Instances.Length; i++)
            if (Cluster.Instances[i].Name == instance) return i;
        throw new ArgumentException($"Cluster '{Cluster.Name}' has no instance '{instance}'; it has {string.Join(", ", Cluster.Instances.Select(i => i.Name))}.", nameof(instance));
    }

    public InstanceSpec Find(string instance) => Cluster.Instances[IndexOf(instance)];
}
