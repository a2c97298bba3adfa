using Cluster.Engine.Topology;
using Cluster.ServiceDefaults.Catalogue;

namespace Cluster.Grains.Hosting;

/// <summary>How many emulated instances this process has room for.</summary>
internal static class HostMemory
{
    /// <summary>Bytes that a cached block takes at most: key and list in the block pool (36), key and holders in the router's index (24), rounded up.</summary>
    private const long BytesPerBlock = 64;

    private const long BytesPerInstance = 1 << 20;

    /// <summary>Half of what this process may have, divided by what the largest instance of the cluster can come to take.</summary>
    public static int Instances(ClusterSpec cluster)
    {
        ArgumentNullException.ThrowIfNull(cluster);
        var each = BytesPerInstance + BytesPerBlock * cluster.Instances.Max(i => i.Kv.TotalBlocks);
        var room = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 2 / each;
        return (int)Math.Clamp(room, cluster.Instances.Length, MetricLabels.MaxInstances);
    }
}
