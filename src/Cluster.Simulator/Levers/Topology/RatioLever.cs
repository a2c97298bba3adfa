using Cluster.Engine.Diagnosis;
using Cluster.Engine.Topology;

namespace Cluster.Simulator.Levers.Topology;

/// <summary>Shift x:y by one.</summary>
internal sealed class RatioLever(string name, int toPrefill) : ILever
{
    public string Name => name;

    public string Summary => toPrefill > 0 ? "turn a decode instance into a prefill instance" : "turn a prefill instance into a decode instance";

    public Wall Moves => Wall.Imbalance;

    public string Pays => "one side queues while the other idles";

    public string Trap => "the side that gives an instance away becomes the wall";

    public bool IsLossy => false;

    public LeverChange Apply(LeverContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (context.Pool(InstanceRole.Prefill) is not { } prefill || context.Pool(InstanceRole.Decode) is not { } decode || context.Pools.Count != 2)
            return LeverContext.No("the topology is not one prefill and one decode pool");
        var (giver, taker) = toPrefill > 0 ? (decode, prefill) : (prefill, decode);
        if (giver.Parallelism.Gpus != taker.Parallelism.Gpus || giver.Gpu != taker.Gpu) return LeverContext.No("instances of the two pools differ in size or GPU");
        if (giver.Instances < 2) return LeverContext.No($"{giver.Name} has one instance");
        return context.InPools(p => [("instances", LeverContext.Number(p.Instances + (p == taker ? 1 : -1)))]);
    }
}
