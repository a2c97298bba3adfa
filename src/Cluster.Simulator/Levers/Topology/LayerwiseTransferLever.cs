using Cluster.Engine.Diagnosis;

namespace Cluster.Simulator.Levers.Topology;

/// <summary>Hide the transfer behind the layers that remain.</summary>
internal sealed class LayerwiseTransferLever : ILever
{
    public string Name => "layerwise-transfer";

    public string Summary => "send each layer's KV as soon as it is computed";

    public Wall Moves => Wall.Network;

    public string Pays => "KV transfer is a visible part of TTFT";

    public string Trap => "none known for whole prompts; a link that is the wall stays the wall";

    public bool IsLossy => false;

    public LeverChange Apply(LeverContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (!context.IsDisaggregated) return LeverContext.No("no KV crosses a link");
        if (context.Resolved.Cluster.Transfer.LayerwiseOverlap) return LeverContext.No("layers leave as they are computed");
        return LeverContext.Set(("transfer.overlap", "true"));
    }
}
