using Cluster.Engine.Diagnosis;
using Cluster.Engine.Topology;

namespace Cluster.Simulator.Levers.Memory;

/// <summary>Host memory below HBM: what is evicted comes up again over the host's link instead of being computed again.</summary>
internal sealed class HostTierLever : ILever
{
    public string Name => "host-kv-tier";

    public string Summary => "keep evicted KV in as much host memory as there is HBM";

    public Wall Moves => Wall.Capacity;

    public string Pays => "prefixes come back after they were evicted: conversations, agents with slow tools";

    public string Trap => "what comes up from the host waits for its link, and little comes back where prefixes fit HBM or never recur";

    public bool IsLossy => false;

    public LeverChange Apply(LeverContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (context.Any(i => !i.Kv.Tiers.IsEmpty)) return LeverContext.No("KV has tiers below HBM already");
        if (context.Resolved.Cluster.Instances.All(i => !i.Kv.EnablePrefixCaching)) return LeverContext.No("prefix caching is off: nothing evicted would be asked for again");
        if (context.Diagnosis.Run.Requests.All(r => r.CachedTokens <= 0)) return LeverContext.No("no prompt begins like one before it");
        return context.InPools(p => [("engine.kv_tiers", $"{{ host: {HostGib(context.InstanceOf(p))}GiB }}")]);
    }

    private static string HostGib(InstanceSpec instance) =>
        LeverContext.Number((long)(instance.Deployment.Gpu.HbmBytes * instance.Deployment.Parallelism.Gpus / (1L << 30)));
}
