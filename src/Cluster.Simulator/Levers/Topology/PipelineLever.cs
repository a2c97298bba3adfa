using Cluster.Engine.Diagnosis;

namespace Cluster.Simulator.Levers.Topology;

/// <summary>Split by layers instead of by matrices.</summary>
internal sealed class PipelineLever : ILever
{
    public string Name => "pipeline-parallelism";

    public string Summary => "half the tensor parallelism, twice the pipeline stages";

    public Wall Moves => Wall.Network;

    public string Pays => "slow links between GPUs: a stage boundary moves activations once, not twice per layer";

    public string Trap => "a token passes the stages one after another: each user is slower";

    public bool IsLossy => false;

    public LeverChange Apply(LeverContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (context.Pools.FirstOrDefault(p => p.Parallelism.Tp < 2) is { } single) return LeverContext.No($"{single.Name} has tp 1: nothing to turn into stages");
        return context.InPools(p => LeverContext.Split(p.Parallelism with { Tp = p.Parallelism.Tp / 2, Pp = p.Parallelism.Pp * 2, Ep = 1 }, p.Instances));
    }
}
