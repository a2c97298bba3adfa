using Cluster.Engine.Policies;
using Cluster.Engine.Units;

namespace Cluster.Engine.Routing;

/// <summary>
/// SGLang's cache-aware router: while load is even, the best prefix match if it is good enough; when load is uneven,
/// the shortest queue. Source: engine page, "cache-aware (SGLang)".
/// </summary>
public sealed class CacheAwareRouting(double matchThreshold, double absoluteImbalance, double relativeImbalance) : IRoutingPolicy
{
    public static Policy<IRoutingPolicy> Policy { get; } = new(
        "cache-aware",
        "Best prefix match while load is even, shortest queue when it is not (SGLang).",
        [
            new Dial("match_threshold", 0.3, 0, 1, "Share of the prompt that must match for the match to decide."),
            new Dial("balance_abs_threshold", 64, 0, 1e6, "Load is uneven when max − min exceeds this and …"),
            new Dial("balance_rel_threshold", 1.5, 1, 1e6, "… max exceeds this × min."),
        ],
        dials => new CacheAwareRouting(dials["match_threshold"], dials["balance_abs_threshold"], dials["balance_rel_threshold"]));

    public bool UsesPrefixOverlap => true;

    public int Choose(in RoutingQuery query, ReadOnlySpan<Candidate> candidates, Span<double> costs, RandomStream random)
    {
        var (min, max, best) = (int.MaxValue, 0, 0);
        for (var i = 0; i < candidates.Length; i++)
        {
            costs[i] = candidates[i].ActiveRequests;
            min = Math.Min(min, candidates[i].ActiveRequests);
            max = Math.Max(max, candidates[i].ActiveRequests);
            if (candidates[i].OverlapBlocks > candidates[best].OverlapBlocks) best = i;
        }

        if (max - min > absoluteImbalance && max > relativeImbalance * min) return Choice.Lowest(costs, random);
        var matchRate = candidates[best].OverlapBlocks / (double)Math.Max(1, query.InputBlocks);
        if (matchRate <= matchThreshold) return Choice.Lowest(costs, random);
        for (var i = 0; i < costs.Length; i++) costs[i] = -candidates[i].OverlapBlocks;
        return best;
    }
}
