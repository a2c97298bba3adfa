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

    private bool _goesByMatch;

    public bool UsesPrefixOverlap => true;

    public bool RanksByLoad => true;

    public double Rank(in Candidate candidate, LatencyPredictor predictor) => candidate.ActiveRequests;

    public int Choose(in RoutingQuery query, CandidateSet candidates, RandomStream random)
    {
        _goesByMatch = false;
        var (min, max) = (candidates.LeastRank, candidates.GreatestRank);
        if (max - min > absoluteImbalance && max > relativeImbalance * min) return candidates.Least(random);
        var best = default(Candidate);
        foreach (ref readonly var candidate in candidates.Near)
            if (candidate.OverlapBlocks > best.OverlapBlocks) best = candidate;
        var matchRate = best.OverlapBlocks / (double)Math.Max(1, query.InputBlocks);
        _goesByMatch = matchRate > matchThreshold;
        return _goesByMatch ? best.Instance : candidates.Least(random);
    }

    public void Price(in RoutingQuery query, ReadOnlySpan<Candidate> candidates, Span<double> costs)
    {
        for (var i = 0; i < costs.Length; i++) costs[i] = _goesByMatch ? -candidates[i].OverlapBlocks : candidates[i].ActiveRequests;
    }
}
