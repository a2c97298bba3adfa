using Cluster.Engine.Diagnosis;

namespace Cluster.Simulator.Levers.Runtime;

/// <summary>Compute a prefix once: the gain follows the share of prompt tokens that are found in cache.</summary>
internal sealed class PrefixCachingLever : ILever
{
    public string Name => "prefix-caching";

    public string Summary => "keep and reuse the KV of prefixes seen before";

    public Wall Moves => Wall.Compute;

    public string Pays => "a large share of prompts begins alike: agents, RAG, system prompts, many samples";

    public string Trap => "little is shared: lookups and evictions for a rounding error";

    public bool IsLossy => false;

    public LeverChange Apply(LeverContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return context.Any(i => !i.Kv.EnablePrefixCaching)
            ? context.InEveryPool(("engine.enable_prefix_caching", "true"))
            : LeverContext.No("prefix caching is on");
    }
}
