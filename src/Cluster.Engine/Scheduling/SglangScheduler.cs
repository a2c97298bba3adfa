using Cluster.Engine.Policies;

namespace Cluster.Engine.Scheduling;

/// <summary>
/// SGLang: prefill goes before decode and does not mix with it; when decode runs out of memory, sequences are
/// retracted to the end of the queue. Admission leaves room for a share of what running sequences may still generate.
/// Source: engine page; SGLang's <c>schedule_policy.py</c> (<c>new_token_ratio</c> 0.7).
/// </summary>
public sealed class SglangScheduler(double newTokenRatio) : IScheduler
{
    public static Policy<IScheduler> Policy { get; } = new(
        "sglang",
        "Prefill batches before decode batches, retraction when memory runs out.",
        [new Dial("new_token_ratio", 0.7, 0, 1, "Share of the tokens still to come that admission leaves room for.")],
        dials => new SglangScheduler(dials["new_token_ratio"]));

    public bool RepeatsDecodes => true;

    public void Compose(StepBuilder step)
    {
        var state = step.State;
        for (var i = 0; i < state.Prefilling.Count && step.BudgetLeft > 0; i++)
            if (!step.ContinuePrefill(state.Prefilling[i], preemptToFront: false)) break;

        while (state.WaitingCount > 0 && !step.HasPreempted && step.TryAdmitHead((long)(state.BlocksToCome * newTokenRatio)))
        {
        }

        if (step.IsEmpty) step.DecodeAll(preemptToFront: false);
    }
}
