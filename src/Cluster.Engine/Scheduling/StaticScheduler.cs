using Cluster.Engine.Policies;

namespace Cluster.Engine.Scheduling;

/// <summary>
/// Static batching, the baseline before Orca (OSDI '22): a batch is formed when the last one has ended entirely,
/// and seats that empty early stay empty.
/// </summary>
public sealed class StaticScheduler : IScheduler
{
    public static Policy<IScheduler> Policy { get; } = new(
        "static", "A batch runs until its last member has finished; nobody joins in between.", [], _ => new StaticScheduler());

    public bool RepeatsDecodes => true;

    public void Compose(StepBuilder step)
    {
        var state = step.State;
        if (state.Prefilling.Count > 0)
        {
            for (var i = 0; i < state.Prefilling.Count && step.BudgetLeft > 0; i++)
                if (!step.ContinuePrefill(state.Prefilling[i])) break;
            step.Blocked = WaitCause.Policy;
            return;
        }

        if (state.Decodes.Count > 0)
        {
            step.DecodeAll();
            step.Blocked = WaitCause.Policy;
            return;
        }

        while (state.WaitingCount > 0 && step.TryAdmitHead(state.BlocksToCome))
        {
        }
    }
}
