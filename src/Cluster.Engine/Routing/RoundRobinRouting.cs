using Cluster.Engine.Policies;
using Cluster.Engine.Units;

namespace Cluster.Engine.Routing;

/// <summary>Each instance in turn.</summary>
public sealed class RoundRobinRouting : IRoutingPolicy
{
    private int _next;
    private int _chosen;

    public static Policy<IRoutingPolicy> Policy { get; } = new("round-robin", "Each instance in turn.", [], _ => new RoundRobinRouting());

    public bool UsesPrefixOverlap => false;

    public int Choose(in RoutingQuery query, CandidateSet candidates, RandomStream random)
    {
        _chosen = _next++ % candidates.Count;
        if (_next == int.MaxValue) _next = 0;
        return candidates[_chosen].Instance;
    }

    /// <summary>How many requests come before its turn.</summary>
    public void Price(in RoutingQuery query, ReadOnlySpan<Candidate> candidates, Span<double> costs)
    {
        for (var i = 0; i < costs.Length; i++) costs[i] = (i - _chosen + costs.Length) % costs.Length;
    }
}
