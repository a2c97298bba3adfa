using Cluster.Engine.Policies;
using Cluster.Engine.Units;

namespace Cluster.Engine.Routing;

/// <summary>
/// Requests of a session go where it hashes to, by rendezvous hashing: when an instance comes or goes, only its own
/// sessions move. Requests without a session go to the least loaded.
/// </summary>
public sealed class SessionAffinityRouting : IRoutingPolicy
{
    public static Policy<IRoutingPolicy> Policy { get; } =
        new("session-affinity", "A session stays with one instance (rendezvous hashing).", [], _ => new SessionAffinityRouting());

    public bool UsesPrefixOverlap => false;

    public bool RanksByLoad => true;

    public double Rank(in Candidate candidate, LatencyPredictor predictor) => candidate.ActiveRequests;

    public int Choose(in RoutingQuery query, CandidateSet candidates, RandomStream random) =>
        query.SessionId == 0 ? candidates.Least(random) : candidates.CheapestOfAll(in query, random);

    public void Price(in RoutingQuery query, ReadOnlySpan<Candidate> candidates, Span<double> costs)
    {
        for (var i = 0; i < costs.Length; i++)
        {
            costs[i] = query.SessionId == 0
                ? candidates[i].ActiveRequests
                : 1 - (Hashing.Mix(query.SessionId, (ulong)candidates[i].Instance) >> 11) * (1.0 / (1UL << 53));
        }
    }
}
