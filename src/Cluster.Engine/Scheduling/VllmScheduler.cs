using Cluster.Engine.Policies;

namespace Cluster.Engine.Scheduling;

/// <summary>
/// vLLM v1: one token budget, no prefill phase. Running sequences first, then waiting ones; a step that had to
/// preempt admits nobody. Source: engine page, "Scheduler"; vLLM's <c>v1/core/sched/scheduler.py</c>.
/// </summary>
public sealed class VllmScheduler : IScheduler
{
    public static Policy<IScheduler> Policy { get; } = new(
        "vllm", "Continuous batching under one token budget, chunked prefill, recompute preemption to the front.", [], _ => new VllmScheduler());

    public bool RepeatsDecodes => true;

    public bool PassesOverLatecomers => true;

    public void Compose(StepBuilder step)
    {
        var state = step.State;
        step.DecodeAll();
        for (var i = 0; i < state.Prefilling.Count; i++)
        {
            if (step.BudgetLeft <= 0) break;
            if (!step.ContinuePrefill(state.Prefilling[i])) break;
        }

        if (step.HasPreempted)
        {
            step.Blocked = WaitCause.Policy;
            return;
        }

        while (state.WaitingCount > 0 && step.TryAdmitHead())
        {
        }
    }
}
