using Cluster.Engine.Policies;

namespace Cluster.Engine.Routing;

/// <summary>The routing policies there are.</summary>
public static class Routers
{
    public static PolicyRegistry<IRoutingPolicy> Registry { get; } = new(
        RoundRobinRouting.Policy, RandomRouting.Policy, LeastRequestsRouting.Policy, PowerOfTwoRouting.Policy,
        SessionAffinityRouting.Policy, KvAwareRouting.Policy, CacheAwareRouting.Policy, ScorersRouting.Policy,
        PredictedLatencyRouting.Policy, ConductorRouting.Policy);
}
