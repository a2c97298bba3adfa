using Cluster.Engine.Cost;
using Cluster.Engine.Topology;
using Cluster.Scenarios.Resolving;

namespace Cluster.Simulator.Levers;

/// <summary>Rebuilds a cluster's instances around changed deployments: cost, memory and KV blocks follow.</summary>
public static class Redeployment
{
    /// <exception cref="ArgumentException">A deployment is impossible or does not fit; the message gives every reason.</exception>
    public static ClusterSpec Of(ClusterSpec cluster, Func<Deployment, Deployment> change)
    {
        ArgumentNullException.ThrowIfNull(cluster);
        ArgumentNullException.ThrowIfNull(change);
        var known = new Dictionary<string, InstanceSpec>();
        return cluster with { Instances = [.. cluster.Instances.Select(One)] };

        InstanceSpec One(InstanceSpec old)
        {
            if (!known.TryGetValue(old.Pool, out var alike)) known[old.Pool] = alike = Rebuild(old, change(old.Deployment));
            return alike with { Name = old.Name };
        }
    }

    internal static InstanceSpec Rebuild(InstanceSpec old, Deployment deployment)
    {
        var utilization = old.Memory.Utilization;
        var reasons = DeploymentRules.CheckFit(deployment, old.Scheduler, utilization);
        if (reasons.Count > 0) throw new ArgumentException(string.Join(' ', reasons), nameof(deployment));
        var memory = MemoryPlanner.Plan(deployment, old.Scheduler, utilization);
        var engine = new ResolvedEngine(old.Scheduler, old.Kv.BlockSize, utilization, old.Kv.EnablePrefixCaching, old.Kv.ContiguousReservation);
        var (scheduler, blocks) = KvSizing.Of(deployment, engine, memory, null);
        if (blocks < 1) throw new ArgumentException($"Less than one block of KV fits beside {deployment.Model.Name}.", nameof(deployment));
        return old with
        {
            Deployment = deployment,
            Scheduler = scheduler,
            Kv = old.Kv with { TotalBlocks = blocks, Groups = KvSizing.Groups(deployment, memory, old.Kv.BlockSize) },
            Cost = new StepCostModel(deployment),
            Memory = memory,
        };
    }
}
