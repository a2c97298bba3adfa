using Cluster.Engine.Diagnosis;

namespace Cluster.Simulator.Levers.Topology;

/// <summary>One more expert per rank, a copy of a hot one: EPLB (DeepSeek-V3, arXiv:2412.19437 §3.4).</summary>
internal sealed class RedundantExpertsLever : ILever
{
    public string Name => "redundant-experts";

    public string Summary => "copy hot experts onto further ranks";

    public Wall Moves => Wall.Imbalance;

    public string Pays => "skewed routing under expert parallelism";

    public string Trap => "copies take HBM from KV; balanced routing gains nothing";

    public bool IsLossy => false;

    public LeverChange Apply(LeverContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (!context.Model.IsMoe) return LeverContext.No($"{context.Model.Name} has no experts");
        if (context.Pools.All(p => p.Parallelism.Ep == 1)) return LeverContext.No("experts are not spread over ranks");
        if (context.Pools.All(p => p.Engine.RoutingSkew <= 0)) return LeverContext.No("routing is balanced in this scenario (engine.routing_skew is 0)");
        if (context.Pools.Any(p => p.Engine.RedundantExperts > 0)) return LeverContext.No("hot experts are copied already");
        return context.InPools(p => p.Parallelism.Ep > 1 ? [("engine.redundant_experts", LeverContext.Number(p.Parallelism.Ep))] : []);
    }
}
