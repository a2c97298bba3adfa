using Cluster.Engine.Diagnosis;

namespace Cluster.Simulator.Levers.Runtime;

/// <summary>Blocks on demand instead of the worst case up front (PagedAttention, arXiv:2309.06180).</summary>
internal sealed class PagingLever : ILever
{
    public string Name => "paged-attention";

    public string Summary => "allocate KV in blocks on demand";

    public Wall Moves => Wall.Capacity;

    public string Pays => "contiguous reservation for the longest answer wastes most of the HBM";

    public string Trap => "none known: blocks cost a table look-up";

    public bool IsLossy => false;

    public LeverChange Apply(LeverContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return context.Any(i => i.Kv.ContiguousReservation)
            ? context.InEveryPool(("engine.contiguous_reservation", "false"))
            : LeverContext.No("KV is paged");
    }
}
