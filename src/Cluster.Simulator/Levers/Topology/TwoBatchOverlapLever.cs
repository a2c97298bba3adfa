using Cluster.Engine.Diagnosis;

namespace Cluster.Simulator.Levers.Topology;

/// <summary>Two micro-batches take turns on GPU and network.</summary>
internal sealed class TwoBatchOverlapLever : ILever
{
    public string Name => "two-batch-overlap";

    public string Summary => "hide expert traffic of one half-batch behind the other";

    public Wall Moves => Wall.Network;

    public string Pays => "expert parallelism over a slow network with large batches";

    public string Trap => "half batches use the tensor cores less well";

    public bool IsLossy => false;

    public LeverChange Apply(LeverContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (context.Pools.All(p => p.Parallelism.Ep == 1)) return LeverContext.No("experts are not spread over ranks: no traffic to hide");
        if (context.Pools.All(p => p.Engine.TwoBatchOverlap)) return LeverContext.No("two-batch overlap is on");
        return context.InPools(p => p.Parallelism.Ep > 1 ? [("engine.two_batch_overlap", "true")] : []);
    }
}
