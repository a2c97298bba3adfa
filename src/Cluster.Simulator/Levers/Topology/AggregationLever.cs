using Cluster.Engine.Diagnosis;
using Cluster.Engine.Topology;
using Cluster.Simulator.Planning;

namespace Cluster.Simulator.Levers.Topology;

/// <summary>Back to instances that do both.</summary>
internal sealed class AggregationLever : ILever
{
    public string Name => "aggregation";

    public string Summary => "every instance does both phases";

    public Wall Moves => Wall.Contention;

    public string Pays => "low traffic, short prompts, or a slow link";

    public string Trap => "prompts stretch the steps that carry decodes: the TPOT tail";

    public bool IsLossy => false;

    public LeverChange Apply(LeverContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (!context.IsDisaggregated) return LeverContext.No("instances do both phases already");
        if (context.Pool(InstanceRole.Prefill) is not { } prefill || context.Pool(InstanceRole.Decode) is not { } decode || context.Pools.Count != 2)
            return LeverContext.No("the topology has further pools");
        var gpus = (prefill.Instances * prefill.Parallelism.Gpus) + (decode.Instances * decode.Parallelism.Gpus);
        if (prefill.Gpu != decode.Gpu || gpus % decode.Parallelism.Gpus != 0) return LeverContext.No("the two pools' GPUs do not make instances of one kind");
        return LeverContext.Set(("topology", PoolText.Aggregated(decode, gpus / decode.Parallelism.Gpus)));
    }
}
