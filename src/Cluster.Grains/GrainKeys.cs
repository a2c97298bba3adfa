using System.Globalization;
using Cluster.Engine.Topology;

namespace Cluster.Grains;

/// <summary>Grain keys and how to find the grain of an instance.</summary>
public static class GrainKeys
{
    public static string Instance(string cluster, string instance) => $"{cluster}/{instance}";

    /// <summary>Cluster and instance of a key.</summary>
    public static (string Cluster, string Instance) Split(string key)
    {
        ArgumentNullException.ThrowIfNull(key);
        var slash = key.LastIndexOf('/');
        if (slash < 0) throw new ArgumentException($"'{key}' is no instance key: expected cluster/instance.", nameof(key));
        return (key[..slash], key[(slash + 1)..]);
    }

    /// <summary>Of a rank group: <c>cluster/instance/group</c>.</summary>
    public static string RankGroup(string cluster, string instance, int group) => string.Create(CultureInfo.InvariantCulture, $"{Instance(cluster, instance)}/{group}");

    /// <summary>Cluster, instance and group of a rank group's key.</summary>
    public static (string Cluster, string Instance, int Group) SplitGroup(string key)
    {
        var (front, group) = Split(key);
        var (cluster, instance) = Split(front);
        return (cluster, instance, int.Parse(group, CultureInfo.InvariantCulture));
    }

    /// <summary>The grain that runs this instance: a prefill grain for the prefill role, a decode grain for the others.</summary>
    public static IInstanceGrain GetInstance(this IGrainFactory grains, ClusterSpec cluster, string instance)
    {
        ArgumentNullException.ThrowIfNull(grains);
        ArgumentNullException.ThrowIfNull(cluster);
        var key = Instance(cluster.Name, instance);
        var role = cluster.Find(instance).Role;
        return role == InstanceRole.Prefill ? grains.GetGrain<IPrefillGrain>(key) : grains.GetGrain<IDecodeGrain>(key);
    }
}
