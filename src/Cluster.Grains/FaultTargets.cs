using Cluster.Engine.Faults;
using Cluster.Engine.Policies;
using Cluster.Engine.Topology;
using Cluster.Grains.Messages;

namespace Cluster.Grains;

/// <summary>Whom a fault strikes.</summary>
/// <param name="Refusal">Why nobody, in words; null when all is well.</param>
internal sealed record FaultTargets(string[] Instances, string? Refusal = null, bool NotFound = false)
{
    /// <summary>An instance, a pool, or all when the link is meant.</summary>
    public static FaultTargets Of(FaultMessage order, MemberMessage[] members, ClusterContext context)
    {
        if (order.Kind == "store" && !context.Cluster.HasStores)
            return new FaultTargets([], "No instance keeps KV in a remote store: add engine.kv_tiers.remote to the scenario.", NotFound: true);
        if (FaultKinds.Find(order.Kind) is not { HasTarget: true }) return new FaultTargets([]);
        var struck = Array.FindAll(members, m => m.Name == order.Target || m.Pool == order.Target || context.Cluster.Link?.Name == order.Target);
        if (struck.Length == 0)
        {
            string[] names = [.. members.Select(m => m.Pool).Distinct(), .. members.Select(m => m.Name).Take(20)];
            return new FaultTargets([], $"No instance and no pool is called '{order.Target}'; there are: {string.Join(", ", names)}.{NearestName.After(order.Target, members.Select(m => m.Name).Concat(names))}", NotFound: true);
        }

        var ranks = struck.Min(m => RankLayout.Of(context.Find(m)).Ranks);
        return order.Rank >= 0 && order.Rank < ranks
            ? new FaultTargets([.. struck.Select(m => m.Name)])
            : new FaultTargets([], $"rank: {order.Rank} is not a rank of {order.Target}; there are 0 … {ranks - 1}.");
    }
}
