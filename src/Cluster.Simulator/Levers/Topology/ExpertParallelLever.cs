using Cluster.Engine.Diagnosis;

namespace Cluster.Simulator.Levers.Topology;

/// <summary>Whole experts on ranks instead of a slice of every expert on each.</summary>
internal sealed class ExpertParallelLever : ILever
{
    public string Name => "expert-parallelism";

    public string Summary => "spread whole experts over ranks";

    public Wall Moves => Wall.Bandwidth;

    public string Pays => "many experts and large batches: each rank streams its own experts only";

    public string Trap => "the hottest rank sets the pace; dispatch and combine cross the network";

    public bool IsLossy => false;

    public LeverChange Apply(LeverContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (!context.Model.IsMoe) return LeverContext.No($"{context.Model.Name} has no experts");
        if (context.Pools.All(p => p.Parallelism.Ep > 1)) return LeverContext.No("experts are spread already");
        if (context.Pools.FirstOrDefault(p => p.Parallelism is { Ep: 1 } and var q && q.Tp * q.Dp == 1) is { } single) return LeverContext.No($"{single.Name} has one rank");
        return context.InPools(p => LeverContext.Split(p.Parallelism with { Ep = p.Parallelism.Tp * p.Parallelism.Dp }, p.Instances));
    }
}
