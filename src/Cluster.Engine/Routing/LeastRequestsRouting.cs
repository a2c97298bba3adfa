using Cluster.Engine.Policies;
using Cluster.Engine.Units;

namespace Cluster.Engine.Routing;

/// <summary>The instance with the fewest requests under way.</summary>
public sealed class LeastRequestsRouting : IRoutingPolicy
{
    public static Policy<IRoutingPolicy> Policy { get; } =
        new("least-requests", "The instance with the fewest requests under way.", [], _ => new LeastRequestsRouting());

    public bool UsesPrefixOverlap => false;

    public bool RanksByLoad => true;

    public double Rank(in Candidate candidate, LatencyPredictor predictor) => candidate.ActiveRequests;

    public int Choose(in RoutingQuery query, CandidateSet candidates, RandomStream random) => candidates.Least(random);

    public void Price(in RoutingQuery query, ReadOnlySpan<Candidate> candidates, Span<double> costs)
    {
        for (var i = 0; i < costs.Length; i++) costs[i] = candidates[i].ActiveRequests;
    }
}
