using Cluster.Engine.Policies;

namespace Cluster.Engine.Scheduling;

/// <summary>
/// SGLang: prefill goes before decode and does not mix with it; when decode runs out of memory, sequences are
/// retracted to the end of the queue. Admission leaves room for a share of what running sequences may still generate.
/// Source: engine page; SGLang's <c>schedule_policy.py</c> (<c>new_token_ratio</c> 0.7) and <c>scheduler_recv_skipper.py</c>.
/// </summary>
public sealed class SglangScheduler(double newTokenRatio, int receiveInterval) : IScheduler
{
    private long _receivedAtStep;
    private bool _prefilled;

    public static Policy<IScheduler> Policy { get; } = new(
        "sglang",
        "Prefill batches before decode batches, retraction when memory runs out.",
        [
            new Dial("new_token_ratio", 0.7, 0, 1, "Share of the tokens still to come that admission leaves room for."),
            new Dial("receive_interval", 1, 1, 1000, "Decode steps from one look for new requests to the next (--scheduler-recv-interval); after a prefill the scheduler always looks."),
        ],
        dials => new SglangScheduler(dials["new_token_ratio"], (int)dials["receive_interval"]));

    public bool RepeatsDecodes => true;

    public void Compose(StepBuilder step)
    {
        var state = step.State;
        Receive(state);
        for (var i = 0; i < state.Prefilling.Count && step.BudgetLeft > 0; i++)
            if (!step.ContinuePrefill(state.Prefilling[i], preemptToFront: false)) break;

        while (state.WaitingCount > 0 && !step.HasPreempted && HasReceived(step) && step.TryAdmitHead((long)(state.BlocksToCome * newTokenRatio)))
        {
        }

        _prefilled = !step.IsEmpty;
        if (step.IsEmpty) step.DecodeAll(preemptToFront: false);
    }

    /// <summary>Looks for new requests if it is time. Steps that drivers made at once count: the looks among them found nothing.</summary>
    private void Receive(InstanceState state)
    {
        var steps = state.Counters.Steps;
        if (receiveInterval == 1 || _prefilled || state.Running == 0) _receivedAtStep = steps;
        else _receivedAtStep += (steps - _receivedAtStep) / receiveInterval * receiveInterval;
    }

    private bool HasReceived(StepBuilder step)
    {
        var state = step.State;
        if (receiveInterval == 1 || state.Running == 0 || state.KnownFromStep(state.Head!) <= _receivedAtStep) return true;
        step.Blocked = WaitCause.Policy;
        return false;
    }
}
