using Cluster.Engine.Policies;

namespace Cluster.Engine.Scheduling;

/// <summary>
/// TensorRT-LLM's guaranteed-no-evict capacity scheduler: a sequence is admitted only if every running one, and it,
/// can reach full length, so nothing is ever preempted. Prompts may be made to wait for company, see the dials
/// (<c>batch_wait_max_tokens_ratio</c>, <c>batch_wait_timeout_iters</c>, <c>attention_dp_config</c> of its PyTorch backend).
/// </summary>
public sealed class TrtllmScheduler(double batchWaitTokenRatio, int batchWaitSteps, int balanceWaitSteps) : IScheduler
{
    private readonly RankBalance _ranks = new();
    private int _waited;

    public static Policy<IScheduler> Policy { get; } = new(
        "trtllm",
        "In-flight batching that admits only what can run to its full length without eviction.",
        [
            new Dial("batch_wait_token_ratio", 0, 0, 1, "Share of the token budget that waiting prompts must fill before they join running decodes; 0: they never wait."),
            new Dial("batch_wait_steps", 0, 0, 100_000, "Steps after which they join anyway."),
            new Dial("balance_wait_steps", 0, 0, 100_000, "With data-parallel attention: prompts wait until every replica has one, at most so many steps; 0: they never wait."),
        ],
        dials => new TrtllmScheduler(dials["batch_wait_token_ratio"], (int)dials["batch_wait_steps"], (int)dials["balance_wait_steps"]));

    public bool RepeatsDecodes => true;

    public void Compose(StepBuilder step)
    {
        var state = step.State;
        step.DecodeAll();
        for (var i = 0; i < state.Prefilling.Count && step.BudgetLeft > 0; i++)
            if (!step.ContinuePrefill(state.Prefilling[i])) break;
        if (state.WaitingCount == 0) return;
        if (balanceWaitSteps > 0 && state.Spec.Deployment.Parallelism.Dp > 1 && state.Arrived.Count == 0) AdmitBalanced(step);
        else if (WaitsForCompany(step)) step.Blocked = WaitCause.Policy;
        else AdmitInOrder(step);
    }

    private static void AdmitInOrder(StepBuilder step)
    {
        // Only KV that arrived from elsewhere can have taken promised blocks.
        while (step.State.WaitingCount > 0 && !step.HasPreempted && CanReachItsEnd(step, step.State.Head!) && step.TryAdmitHead())
        {
        }
    }

    private static bool CanReachItsEnd(StepBuilder step, Requests.Sequence sequence)
    {
        var state = step.State;
        if (state.PromisedBlocks + state.BlocksAtFullLength(sequence) <= state.Pool.Total) return true;
        step.Blocked = WaitCause.Blocks;
        return false;
    }

    /// <summary>Few prompts interrupt many decodes for little: they wait until there are more, or long enough.</summary>
    private bool WaitsForCompany(StepBuilder step)
    {
        var state = step.State;
        if (batchWaitSteps == 0 || state.Decodes.Count == 0 || state.Prefilling.Count > 0 || state.Arrived.Count > 0) return false;
        var (wanted, tokens) = (batchWaitTokenRatio * state.Spec.Scheduler.MaxNumBatchedTokens, (double)state.Decodes.Count);
        var known = 0;
        foreach (var sequence in state.Waiting.All)
        {
            if (tokens >= wanted || state.CameTooLate(sequence)) break;
            tokens += sequence.MissingTokens;
            known++;
        }

        return known > 0 && MustWait(tokens >= wanted, batchWaitSteps);
    }

    /// <summary>One replica's prompt holds up all others: each takes one in the same step, or all wait.</summary>
    private void AdmitBalanced(StepBuilder step)
    {
        var state = step.State;
        var waiting = _ranks.Deal(state);
        if (waiting.Count == 0 || MustWait(_ranks.EachHasPrompt || !_ranks.EachDecodes, balanceWaitSteps))
        {
            step.Blocked = WaitCause.Policy;
            return;
        }

        foreach (var sequence in waiting)
        {
            if (!_ranks.HasRoom(sequence)) continue;
            if (!CanReachItsEnd(step, sequence) || !step.TryAdmit(sequence)) return;
            _ranks.Take(sequence);
        }
    }

    private bool MustWait(bool ready, int steps)
    {
        if (!ready && ++_waited < steps) return true;
        _waited = 0;
        return false;
    }
}
