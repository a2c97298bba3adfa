using Cluster.Engine.Diagnosis;

namespace Cluster.Simulator.Levers.Runtime;

/// <summary>No empty seats: iteration-level scheduling (Orca, OSDI 2022).</summary>
internal sealed class ContinuousBatchingLever : ILever
{
    public string Name => "continuous-batching";

    public string Summary => "admit and retire requests at every step";

    public Wall Moves => Wall.Contention;

    public string Pays => "answers of different length: a static batch waits for its longest";

    public string Trap => "none known";

    public bool IsLossy => false;

    public LeverChange Apply(LeverContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return context.Any(i => i.Scheduler.Policy == "static")
            ? context.InEveryPool(("engine.policy", "vllm"))
            : LeverContext.No("batching is continuous");
    }
}
