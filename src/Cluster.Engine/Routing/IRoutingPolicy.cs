using Cluster.Engine.Units;

namespace Cluster.Engine.Routing;

/// <summary>Picks an instance for a request. One file per policy. An object serves one pool of one router, so it may keep state.</summary>
public interface IRoutingPolicy
{
    /// <summary>Whether <see cref="Candidate.OverlapBlocks"/> matters: without it no block events need to travel.</summary>
    bool UsesPrefixOverlap { get; }

    /// <summary>Whether <see cref="Candidate.Waiting"/> and <see cref="Candidate.KvUsage"/> matter: without them no load reports need to travel.</summary>
    bool UsesLoadReports => false;

    /// <summary>Whether <see cref="Candidate.DistinctBlocks"/> matters: without it no chains need to be kept.</summary>
    bool UsesDistinctBlocks => false;

    /// <summary>Instance that the chosen one should first fetch the prefix from; −1: none. Of the last choice.</summary>
    int CopySource => -1;

    /// <summary>Why the last choice was none.</summary>
    RejectionReason Rejection => RejectionReason.None;

    /// <summary>The position of the chosen candidate; −1 turns the request away (HTTP 429), see <see cref="Rejection"/>.</summary>
    /// <param name="query">The request.</param>
    /// <param name="candidates">At least one, in the order of the cluster's instances.</param>
    /// <param name="costs">To be filled for the decision log, lower is better; same length as <paramref name="candidates"/>.</param>
    /// <param name="random">The router's own stream.</param>
    int Choose(in RoutingQuery query, ReadOnlySpan<Candidate> candidates, Span<double> costs, RandomStream random);
}

/// <summary>What several policies share.</summary>
internal static class Choice
{
    /// <summary>The lowest cost; ties are broken at random, as Dynamo does.</summary>
    public static int Lowest(ReadOnlySpan<double> costs, RandomStream random)
    {
        var (best, ties) = (0, 1);
        for (var i = 1; i < costs.Length; i++)
        {
            if (costs[i] < costs[best]) (best, ties) = (i, 1);
            else if (costs[i] == costs[best] && random.NextInt(++ties) == 0) best = i;
        }

        return best;
    }
}
