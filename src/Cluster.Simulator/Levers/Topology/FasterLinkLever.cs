using Cluster.Engine.Diagnosis;

namespace Cluster.Simulator.Levers.Topology;

/// <summary>More bytes per second between prefill and decode.</summary>
internal sealed class FasterLinkLever : ILever
{
    public string Name => "faster-link";

    public string Summary => "the next faster link of the catalog";

    public Wall Moves => Wall.Network;

    public string Pays => "KV transfer is a visible part of TTFT";

    public string Trap => "money for bandwidth that nobody waits for";

    public bool IsLossy => false;

    public LeverChange Apply(LeverContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (context.Resolved.Cluster.Link is not { } link) return LeverContext.No("no KV crosses a link");
        var faster = context.Catalog.Links.Values.Where(l => l.BytesPerSecond > link.BytesPerSecond).MinBy(l => (l.BytesPerSecond, l.Name));
        return faster is null ? LeverContext.No($"{link.Name} is the fastest of the catalog") : LeverContext.Set(("topology.link", faster.Name));
    }
}
