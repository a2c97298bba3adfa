using Cluster.Engine.Policies;
using Cluster.Engine.Units;

namespace Cluster.Engine.Routing;

/// <summary>Two instances at random, of these the less loaded (Mitzenmacher 2001).</summary>
public sealed class PowerOfTwoRouting : IRoutingPolicy
{
    public static Policy<IRoutingPolicy> Policy { get; } =
        new("power-of-two", "Two instances at random, of these the less loaded.", [], _ => new PowerOfTwoRouting());

    public bool UsesPrefixOverlap => false;

    public int Choose(in RoutingQuery query, ReadOnlySpan<Candidate> candidates, Span<double> costs, RandomStream random)
    {
        for (var i = 0; i < costs.Length; i++) costs[i] = candidates[i].ActiveRequests;
        if (candidates.Length == 1) return 0;
        var first = random.NextInt(candidates.Length);
        var second = random.NextInt(candidates.Length - 1);
        if (second >= first) second++;
        return costs[second] < costs[first] ? second : first;
    }
}
