using Cluster.Engine.Policies;

namespace Cluster.Engine.Scheduling;

/// <summary>
/// SGLang: prefill goes before decode and does not mix with it; when decode runs out of memory, sequences are
/// retracted to the end of the queue. Admission leaves room for a share of what running sequences may still generate; the share
/// falls with every decode step and rises when sequences had to be retracted. Source: engine page; SGLang's
/// <c>schedule_policy.py</c>, <c>ScheduleBatch.retract_decode</c> and <c>scheduler_recv_skipper.py</c>.
/// </summary>
public sealed class SglangScheduler(double newTokenRatio, double minRatioFactor, int ratioDecaySteps, int receiveInterval, bool ignoresEos) : IScheduler
{
    /// <summary>Steps for which a retraction makes room (<c>SGLANG_RETRACT_DECODE_STEPS</c>).</summary>
    private const int RetractDecodeSteps = 20;

    private readonly EndsForeseen? _ends = ignoresEos ? new() : null;

    /// <summary>What a retraction raised the share to; null: it began at its own.</summary>
    private double? _recovered;
    private long _decaySteps;
    private long _composedAtStep;
    private long _receivedAtStep;
    private bool _prefilled;

    public static Policy<IScheduler> Policy { get; } = new(
        "sglang",
        "Prefill batches before decode batches, retraction when memory runs out.",
        [
            new Dial("new_token_ratio", 0.7, 0, 1, "Share of the tokens still to come that admission leaves room for, at first and after a pause."),
            new Dial("min_new_token_ratio_factor", 0.14, 0, 1, "Least of that share, as a part of new_token_ratio."),
            new Dial("new_token_ratio_decay_steps", 600, 1, 1e6, "Decode steps in which it falls to its least; a retraction raises it again."),
            new Dial("receive_interval", 1, 1, 1000, "Decode steps from one look for new requests to the next (--scheduler-recv-interval); after a prefill the scheduler always looks."),
            new Dial("ignore_eos", 0, 0, 1, "1: requests ignore their ends and nothing is cached, as in benchmarks (--ignore-eos, --disable-radix-cache). Admission then foresees when each ends, and takes what fits until all have."),
        ],
        dials => new SglangScheduler(
            dials["new_token_ratio"], dials["min_new_token_ratio_factor"], (int)dials["new_token_ratio_decay_steps"], (int)dials["receive_interval"], dials["ignore_eos"] > 0.5));

    public bool RepeatsDecodes => true;

    public bool PassesOverLatecomers => true;

    private double NewTokenRatio
    {
        get
        {
            var least = newTokenRatio * minRatioFactor;
            return Math.Max(least, (_recovered ?? newTokenRatio) - (_decaySteps * (newTokenRatio - least) / ratioDecaySteps));
        }
    }

    public void Compose(StepBuilder step)
    {
        var state = step.State;
        Receive(state);
        Decay(state);
        for (var i = 0; i < state.Prefilling.Count && step.BudgetLeft > 0; i++)
            if (!step.ContinuePrefill(state.Prefilling[i], preemptToFront: false)) break;

        while (state.WaitingCount > 0 && !step.HasPreempted && HasReceived(step) && Admit(step))
        {
        }

        _prefilled = !step.IsEmpty;
        if (!step.IsEmpty) return;
        step.DecodeAll(preemptToFront: false);
        if (step.HasPreempted) Recover(state);
    }

    /// <summary>Steps that drivers made at once count as well: all of them decoded.</summary>
    private void Decay(InstanceState state)
    {
        if (state.Running == 0) (_recovered, _decaySteps) = (null, 0);
        else if (!_prefilled) _decaySteps += state.Counters.Steps - _composedAtStep;
        _composedAtStep = state.Counters.Steps;
    }

    /// <summary>After a retraction the share is what those that stay have generated, and a little more, of what they may.</summary>
    private void Recover(InstanceState state)
    {
        long generated = 0, most = 0;
        for (var member = state.Decodes.First; member is not null; member = member.Next)
        {
            generated += state.Decodes.GeneratedOf(member) + RetractDecodeSteps;
            most += member.TargetTokens;
        }

        (_recovered, _decaySteps) = (Math.Min(1, generated / (double)Math.Max(1, most)), 0);
    }

    /// <summary>Looks for new requests if it is time. Steps that drivers made at once count: the looks among them found nothing.</summary>
    private void Receive(InstanceState state)
    {
        var steps = state.Counters.Steps;
        if (receiveInterval == 1 || _prefilled || state.Running == 0) _receivedAtStep = steps;
        else _receivedAtStep += (steps - _receivedAtStep) / receiveInterval * receiveInterval;
    }

    private bool Admit(StepBuilder step)
    {
        var state = step.State;
        if (_ends is null || state.Running == 0) return step.TryAdmitHead((long)(state.BlocksToCome * NewTokenRatio));
        if (_ends.Fits(state, state.Head!)) return step.TryAdmitHead();
        step.Blocked = WaitCause.Blocks;
        return false;
    }

    private bool HasReceived(StepBuilder step)
    {
        var state = step.State;
        if (receiveInterval == 1 || state.Running == 0 || state.KnownFromStep(state.Head!) <= _receivedAtStep) return true;
        step.Blocked = WaitCause.Policy;
        return false;
    }
}
