using System.Globalization;
using Cluster.Engine.Topology;
using Cluster.ServiceDefaults.Catalogue;

namespace Cluster.Grains.Hosting;

/// <summary>How many emulated instances this process has room for.</summary>
public static class HostMemory
{
    /// <summary>Bytes that a cached block takes at most: key and list in the block pool (36), key and holders in the router's index (24), rounded up.</summary>
    private const long BytesPerBlock = 64;

    private const long BytesPerInstance = 1 << 20;

    /// <summary>Half of what this process may have, divided by what the largest instance of the cluster can come to take.</summary>
    public static int Instances(ClusterSpec cluster)
    {
        ArgumentNullException.ThrowIfNull(cluster);
        return Math.Max(Room(cluster), cluster.Instances.Length);
    }

    /// <summary>Why a cluster cannot begin in this process, for a person to read; null when it can.</summary>
    public static string? Refuse(ClusterSpec cluster)
    {
        ArgumentNullException.ThrowIfNull(cluster);
        var (wanted, room) = (cluster.Instances.Length, Room(cluster));
        return wanted <= room ? null : string.Create(CultureInfo.InvariantCulture,
            $"'{cluster.Name}' has {wanted:N0} instances, and one process on this host has room for {room:N0} of them, {Each(cluster) / 1e6:F1} MB each in half of its memory: take fewer, spread them over silos (xpyd up --silos N), or stay in virtual time (xpyd simulate), which needs none of this.");
    }

    private static int Room(ClusterSpec cluster) =>
        (int)Math.Clamp(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 2 / Each(cluster), 1, MetricLabels.MaxInstances);

    private static long Each(ClusterSpec cluster) => BytesPerInstance + BytesPerBlock * cluster.Instances.Max(i => i.Kv.TotalBlocks);
}
