using Cluster.Engine.Diagnosis;

namespace Cluster.Simulator.Levers.Topology;

/// <summary>Skip the toll where the trip is short.</summary>
internal sealed class ConditionalDisaggregationLever : ILever
{
    public string Name => "conditional-disaggregation";

    public string Summary => "compute short prompts where they decode";

    public Wall Moves => Wall.Network;

    public string Pays => "many prompts are short or mostly cached: the transfer costs more than the prefill";

    public string Trap => "prefill work lands in decode steps";

    public bool IsLossy => false;

    public LeverChange Apply(LeverContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (!context.IsDisaggregated) return LeverContext.No("no KV crosses a link");
        if (context.Resolved.Cluster.Transfer.Conditional is not null) return LeverContext.No("short prompts stay local already");
        return LeverContext.Set(("transfer.conditional", "{ max_uncached_tokens: 512, max_uncached_ratio: 1 }"));
    }
}
