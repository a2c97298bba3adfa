using Cluster.Engine.Policies;
using Cluster.Engine.Units;

namespace Cluster.Engine.Routing;

/// <summary>Two instances at random, of these the less loaded (Mitzenmacher 2001).</summary>
public sealed class PowerOfTwoRouting : IRoutingPolicy
{
    public static Policy<IRoutingPolicy> Policy { get; } =
        new("power-of-two", "Two instances at random, of these the less loaded.", [], _ => new PowerOfTwoRouting());

    public bool UsesPrefixOverlap => false;

    public int Choose(in RoutingQuery query, CandidateSet candidates, RandomStream random)
    {
        if (candidates.Count == 1) return candidates[0].Instance;
        var first = random.NextInt(candidates.Count);
        var second = random.NextInt(candidates.Count - 1);
        if (second >= first) second++;
        var (one, other) = (candidates[first], candidates[second]);
        return other.ActiveRequests < one.ActiveRequests ? other.Instance : one.Instance;
    }

    public void Price(in RoutingQuery query, ReadOnlySpan<Candidate> candidates, Span<double> costs)
    {
        for (var i = 0; i < costs.Length; i++) costs[i] = candidates[i].ActiveRequests;
    }
}
