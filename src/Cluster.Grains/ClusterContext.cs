using Cluster.Compute;
using Cluster.Engine.Hardware;
using Cluster.Engine.Topology;
using Cluster.Grains.Hosting;
using Cluster.Grains.Instances;
using Cluster.Grains.Journal;
using Cluster.Grains.Messages;
using Cluster.Grains.Nearby;
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

    /// <summary>Who of the cluster is in this process.</summary>
    public Neighbourhood Nearby { get; } = new();

    /// <summary>Writes the router's inputs down; null: nobody wants them.</summary>
    public RouterJournal? Journal { get; init; }

    /// <summary>An instance on the ranks that it runs on now.</summary>
    /// <exception cref="ArgumentException">No pool has instances of such a name.</exception>
    public InstanceSpec Find(MemberMessage member)
    {
        ArgumentNullException.ThrowIfNull(member);
        return Cluster.Find(member.Name, member.Parallelism?.ToParallelism());
    }

    /// <summary>The ranks that an instance runs on now.</summary>
    public Parallelism RanksOf(MemberMessage member)
    {
        ArgumentNullException.ThrowIfNull(member);
        return member.Parallelism?.ToParallelism() ?? Cluster.Find(member.Name).Deployment.Parallelism;
    }

    /// <summary>As <see cref="Find(MemberMessage)"/>, asked of the topology: for grains that begin.</summary>
    public async Task<InstanceSpec> FindAsync(string instance, IGrainFactory grains)
    {
        ArgumentNullException.ThrowIfNull(grains);
        var plan = await grains.GetGrain<ITopologyGrain>(Cluster.Name).GetPlanAsync();
        return Array.Find(plan.Members, m => m.Name == instance) is { } member ? Find(member) : Cluster.Find(instance);
    }
}
