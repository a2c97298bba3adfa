using Cluster.Engine.Diagnosis;

namespace Cluster.Simulator.Levers.Runtime;

/// <summary>Trade throughput against each user's speed by the requests that run at once.</summary>
internal sealed class BatchSizeLever(string name, double factor) : ILever
{
    private double Factor => factor;

    private long Slots(LeverContext context, Cluster.Scenarios.Sections.PoolSection pool) =>
        (long)(context.InstanceOf(pool).Scheduler.MaxNumSeqs * factor);

    public string Name => name;

    public string Summary => $"requests per batch × {Factor}";

    public Wall Moves => Wall.Contention;

    public string Pays => factor > 1 ? "requests wait for slots while HBM has room" : "steps are too long for the TPOT objective";

    public string Trap => factor > 1 ? "every request more lengthens every step" : "requests queue for a slot";

    public bool IsLossy => false;

    public LeverChange Apply(LeverContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        var decodes = context.Pools.Where(p => p.Role != Cluster.Engine.Topology.InstanceRole.Prefill).ToList();
        if (factor > 1 && context.Diagnosis.Decode.WaitingForSlots <= 0) return LeverContext.No("no request ever waited for a batch slot");
        if (decodes.Any(p => Slots(context, p) < 1)) return LeverContext.No("the batch is one request");
        return context.InPools(p => decodes.Contains(p) ? [("engine.max_num_seqs", LeverContext.Number(Slots(context, p)))] : []);
    }
}
