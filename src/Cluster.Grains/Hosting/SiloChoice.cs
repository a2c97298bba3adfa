using System.Globalization;
using Cluster.Engine.Topology;

namespace Cluster.Grains.Hosting;

/// <summary>
/// Which silo a grain belongs on. Instances are dealt out one by one over the silos, gateways excepted; the ranks of a
/// group stay together, and the further groups of an instance sit on the silos after its own. What decides for the whole cluster lives beside a gateway.
/// </summary>
public static class SiloChoice
{
    private const string RankGroupType = "rankgroup";

    /// <summary>Index into <paramref name="silos"/>, the same whoever asks; −1 when there is none.</summary>
    /// <param name="silos">Names of the silos to choose from, in any order that all processes share.</param>
    /// <param name="grainType">As in the grain's id.</param>
    /// <param name="key">Of an instance: <c>cluster/instance</c>.</param>
    public static int Choose(IReadOnlyList<string> silos, string grainType, string key, ClusterSpec cluster)
    {
        ArgumentNullException.ThrowIfNull(silos);
        ArgumentNullException.ThrowIfNull(cluster);
        var isInstance = grainType is "prefill" or "decode" or RankGroupType;
        var preferred = Enumerable.Range(0, silos.Count).Where(i => IsGateway(silos[i]) != isInstance).ToList();
        if (preferred.Count == 0) preferred = [.. Enumerable.Range(0, silos.Count)];
        if (preferred.Count == 0) return -1;
        return preferred[isInstance ? Seat(grainType, key, cluster) % preferred.Count : 0];
    }

    public static bool IsGateway(string silo)
    {
        ArgumentNullException.ThrowIfNull(silo);
        return silo.StartsWith(MembershipOptions.GatewayPrefix, StringComparison.Ordinal);
    }

    /// <summary>Place in the cluster's order; instances that came later sit behind those it began with.</summary>
    private static int Seat(string grainType, string key, ClusterSpec cluster)
    {
        if (grainType != RankGroupType) return Seat(GrainKeys.Split(key).Instance, cluster);
        var (_, instance, group) = GrainKeys.SplitGroup(key);
        return Seat(instance, cluster) + group;
    }

    private static int Seat(string name, ClusterSpec cluster)
    {
        for (var i = 0; i < cluster.Instances.Length; i++)
            if (cluster.Instances[i].Name == name) return i;
        var dash = name.LastIndexOf('-');
        return cluster.Instances.Length
            + (int.TryParse(name.AsSpan(dash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var ordinal) ? ordinal : 0);
    }
}
