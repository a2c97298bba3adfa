using Cluster.Engine.Diagnosis;
using Cluster.Simulator.Planning;

namespace Cluster.Simulator.Levers.Topology;

/// <summary>Give each phase its own machines, in the ratio of their work.</summary>
internal sealed class DisaggregationLever : ILever
{
    public string Name => "disaggregation";

    public string Summary => "prefill and decode on instances of their own";

    public Wall Moves => Wall.Contention;

    public string Pays => "volume: prompts stretch the steps that carry decodes";

    public string Trap => "low traffic: the KV transfer is a toll and each phase has fewer GPUs to burst on";

    public bool IsLossy => false;

    public LeverChange Apply(LeverContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (context.IsDisaggregated) return LeverContext.No("prefill and decode are apart already");
        if (context.Pools is not [{ Instances: >= 2 } pool]) return LeverContext.No("it takes at least two instances, all alike");
        var link = context.Catalog.Links.Values.OrderByDescending(l => l.BytesPerSecond).FirstOrDefault(l => l.Name.StartsWith("ib", StringComparison.Ordinal)) ?? context.Catalog.Links.Values.First();
        var prefill = RateMatch.PrefillInstances(context.InstanceOf(pool), pool.Instances, context.Diagnosis.Run);
        return LeverContext.Set(("topology", PoolText.Disaggregated(pool, prefill, pool.Instances - prefill, link.Name)));
    }
}
