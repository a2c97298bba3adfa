using Cluster.Engine.Policies;

namespace Cluster.Engine.Scheduling;

/// <summary>
/// TensorRT-LLM's guaranteed-no-evict capacity scheduler: a sequence is admitted only if every running one, and it,
/// can reach full length, so nothing is ever preempted.
/// </summary>
public sealed class TrtllmScheduler : IScheduler
{
    public static Policy<IScheduler> Policy { get; } = new(
        "trtllm", "In-flight batching that admits only what can run to its full length without eviction.", [], _ => new TrtllmScheduler());

    public bool RepeatsDecodes => true;

    public void Compose(StepBuilder step)
    {
        var state = step.State;
        step.DecodeAll();
        for (var i = 0; i < state.Prefilling.Count && step.BudgetLeft > 0; i++)
            if (!step.ContinuePrefill(state.Prefilling[i])) break;

        // Only KV that arrived from elsewhere can have taken promised blocks.
        while (state.WaitingCount > 0 && !step.HasPreempted)
        {
            if (state.PromisedBlocks + state.BlocksAtFullLength(state.Head!) > state.Pool.Total)
            {
                step.Blocked = WaitCause.Blocks;
                return;
            }

            if (!step.TryAdmitHead()) return;
        }
    }
}
