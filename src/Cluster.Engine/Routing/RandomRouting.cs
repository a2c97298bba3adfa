using Cluster.Engine.Policies;
using Cluster.Engine.Units;

namespace Cluster.Engine.Routing;

/// <summary>Any instance, uniformly.</summary>
public sealed class RandomRouting : IRoutingPolicy
{
    public static Policy<IRoutingPolicy> Policy { get; } = new("random", "Any instance, uniformly.", [], _ => new RandomRouting());

    public bool UsesPrefixOverlap => false;

    public int Choose(in RoutingQuery query, CandidateSet candidates, RandomStream random) => candidates[random.NextInt(candidates.Count)].Instance;

    public void Price(in RoutingQuery query, ReadOnlySpan<Candidate> candidates, Span<double> costs) => costs.Clear();
}
