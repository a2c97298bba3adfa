using Cluster.Engine.Diagnosis;

namespace Cluster.Simulator.Levers.Runtime;

/// <summary>A whole prompt in one step freezes every decode beside it; chunks do not.</summary>
internal sealed class ChunkedPrefillLever : ILever
{
    public string Name => "chunked-prefill";

    public string Summary => "split prompts over steps, beside the decodes";

    public Wall Moves => Wall.Contention;

    public string Pays => "long prompts and a TPOT objective on shared instances";

    public string Trap => "chunks read the KV of all chunks before them again and wait for each other, so TTFT rises; prompts that are short anyway gain nothing";

    public bool IsLossy => false;

    public LeverChange Apply(LeverContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return context.Any(i => !i.Scheduler.EnableChunkedPrefill)
            ? context.InEveryPool(("engine.enable_chunked_prefill", "true"))
            : LeverContext.No("chunked prefill is on");
    }
}
