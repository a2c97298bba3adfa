using Cluster.Engine.Policies;
using Cluster.Engine.Units;

namespace Cluster.Engine.Routing;

/// <summary>Each instance in turn.</summary>
public sealed class RoundRobinRouting : IRoutingPolicy
{
    private int _next;

    public static Policy<IRoutingPolicy> Policy { get; } = new("round-robin", "Each instance in turn.", [], _ => new RoundRobinRouting());

    public bool UsesPrefixOverlap => false;

    public int Choose(in RoutingQuery query, ReadOnlySpan<Candidate> candidates, Span<double> costs, RandomStream random)
    {
        var chosen = _next++ % candidates.Length;
        if (_next == int.MaxValue) _next = 0;
        for (var i = 0; i < costs.Length; i++) costs[i] = (i - chosen + costs.Length) % costs.Length;
        return chosen;
    }
}
