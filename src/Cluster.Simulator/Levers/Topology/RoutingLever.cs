using Cluster.Engine.Diagnosis;

namespace Cluster.Simulator.Levers.Topology;

/// <summary>Choose instances by another policy.</summary>
internal sealed class RoutingLever(string policy) : ILever
{
    public string Name => $"route-{policy}";

    public string Summary => $"route by {policy}";

    public Wall Moves => Wall.Imbalance;

    public string Pays => "several instances with shared prefixes or uneven requests";

    public string Trap => "a policy blind to what binds: affinity piles load up, balance throws cache hits away";

    public bool IsLossy => false;

    public LeverChange Apply(LeverContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (context.Resolved.Cluster.Router.Policy == policy) return LeverContext.No("it routes so already");
        if (context.Pools.All(p => p.Instances == 1)) return LeverContext.No("every pool has one instance: nothing to choose");
        return LeverContext.Set(("router", $"{{ policy: {policy} }}"));
    }
}
