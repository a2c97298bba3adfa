using Cluster.Engine.Topology;

namespace Cluster.Engine.KvCache.Tiers;

/// <summary>The remote stores of a cluster: one for all instances whose KV means the same.</summary>
public sealed class SharedKvStores
{
    private readonly Dictionary<(string Model, Models.NumberFormat Kv, int BlockSize), KvTier> _stores = [];

    public SharedKvStores(ClusterSpec cluster)
    {
        ArgumentNullException.ThrowIfNull(cluster);
        foreach (var instance in cluster.Instances)
            if (instance.Kv.Tiers.FirstOrDefault(t => t.Kind == KvTierKind.Remote) is { } remote) _stores.TryAdd(KeyOf(instance), new KvTier(remote));
    }

    public bool Any => _stores.Count > 0;

    /// <summary>The store of this instance; null where it has none.</summary>
    public KvTier? Of(InstanceSpec instance)
    {
        ArgumentNullException.ThrowIfNull(instance);
        return instance.Kv.Tiers.Any(t => t.Kind == KvTierKind.Remote) ? _stores[KeyOf(instance)] : null;
    }

    private static (string, Models.NumberFormat, int) KeyOf(InstanceSpec i) => (i.Deployment.Model.Name, i.Deployment.Kv, i.Kv.BlockSize);
}
