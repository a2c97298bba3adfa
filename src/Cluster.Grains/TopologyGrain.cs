using Cluster.Grains.Messages;

namespace Cluster.Grains;

/// <summary>Supervises one cluster: knows its instances and gathers how they are.</summary>
public sealed class TopologyGrain(ClusterContext context) : Grain, ITopologyGrain
{
    public async Task<TopologySnapshot> GetSnapshotAsync()
    {
        var instances = await Task.WhenAll(context.Cluster.Instances.Select(i => GrainFactory.GetInstance(context.Cluster, i.Name).GetSnapshotAsync()));
        var links = context.Cluster.Link is null
            ? new LinkSnapshot(0, 0)
            : await GrainFactory.GetGrain<ILinkGrain>(context.Cluster.Name).GetSnapshotAsync();
        return new TopologySnapshot(context.Cluster.Name, instances, links);
    }

    public async Task<bool> ResetPrefixCachesAsync()
    {
        var reset = await Task.WhenAll(context.Cluster.Instances.Select(i => GrainFactory.GetInstance(context.Cluster, i.Name).ResetPrefixCacheAsync()));
        return Array.TrueForAll(reset, clean => clean);
    }
}
