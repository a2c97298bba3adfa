using Cluster.Engine.Cost;
using Cluster.Engine.Topology;
using Cluster.Simulator.Recording;

namespace Cluster.Simulator.Planning;

/// <summary>How fast one instance gets through each phase, from the price of its steps: the first guess at x:y.</summary>
public static class RateMatch
{
    /// <summary>Prompts per second of one instance that does nothing else: short prompts share a step, long ones are split over several.</summary>
    public static double PrefillRps(InstanceSpec instance, double inputTokens)
    {
        ArgumentNullException.ThrowIfNull(instance);
        var prompts = Math.Max(1, instance.StepTokenBudget / Math.Max(1, (long)inputTokens));
        return prompts / PromptSeconds(instance, inputTokens, prompts);
    }

    /// <summary>Seconds to compute <paramref name="prompts"/> equal prompts together, in as many steps as the budget makes of them.</summary>
    public static double PromptSeconds(InstanceSpec instance, double inputTokens, long prompts = 1)
    {
        ArgumentNullException.ThrowIfNull(instance);
        var tokens = Math.Max(1, (long)inputTokens);
        var chunk = Math.Max(1, instance.StepTokenBudget / prompts);
        double seconds = 0;
        for (long done = 0; done < tokens; done += chunk)
        {
            var n = Math.Min(chunk, tokens - done);
            var pairs = (n * done) + (n * (n + 1) / 2);
            seconds += instance.Cost.Evaluate(new StepShape
            {
                PrefillSequences = (int)prompts,
                PrefillTokens = n * prompts,
                PrefillPairs = prompts * pairs,
                PrefillBoundedPairs = prompts * Math.Min(pairs, n * Math.Min(instance.Cost.BoundedContextTokens, done + n)),
                PrefillContextTokens = prompts * (done + n),
                MicroBatchTokens = instance.MicroBatchTokens,
                SampledSequences = (int)prompts,
            }).DurationSeconds;
        }

        return seconds;
    }

    /// <summary>Requests per second of one instance that only decodes, at the largest batch that fits KV, slots and the TPOT objective; 0 when even one request is too slow.</summary>
    public static double DecodeRps(InstanceSpec instance, double inputTokens, double outputTokens, double? tpotSeconds)
    {
        ArgumentNullException.ThrowIfNull(instance);
        var context = inputTokens + (outputTokens / 2);
        double blocks = instance.Kv.BlocksFor(context);
        var most = (int)Math.Max(1, Math.Min(instance.Kv.TotalBlocks / blocks, instance.Scheduler.MaxNumSeqs));
        var (low, high) = (0, most);
        while (low < high)
        {
            var middle = (low + high + 1) / 2;
            if (tpotSeconds is null || StepSeconds(instance, middle, context) <= tpotSeconds) low = middle;
            else high = middle - 1;
        }

        return low == 0 ? 0 : low / (StepSeconds(instance, low, context) * Math.Max(1, outputTokens - 1));
    }

    /// <summary>Of <paramref name="instances"/> alike, how many should prefill so that both phases are done in the same time; at least one each.</summary>
    public static int PrefillInstances(InstanceSpec instance, int instances, RunRecord run)
    {
        ArgumentNullException.ThrowIfNull(run);
        var (input, output) = MeanLengths(run);
        var prefill = 1 / PrefillRps(instance, input);
        var decodeRps = DecodeRps(instance, input, output, run.Cluster.Slo.TpotNs / 1e9);
        if (decodeRps <= 0) return Math.Max(1, instances / 2);
        return Math.Clamp((int)Math.Round(instances * prefill / (prefill + (1 / decodeRps))), 1, instances - 1);
    }

    /// <summary>Mean prompt and answer of the requests that completed.</summary>
    public static (double Input, double Output) MeanLengths(RunRecord run)
    {
        ArgumentNullException.ThrowIfNull(run);
        var completed = run.Requests.Where(r => r.Outcome == RequestOutcome.Completed).ToList();
        return completed.Count == 0 ? (1, 1) : (completed.Average(r => r.InputTokens - r.CachedTokens), completed.Average(r => r.OutputTokens));
    }

    /// <summary>Seconds per token (of a decode step, over the tokens that a verifying one is expected to give) of <paramref name="sequences"/> with <paramref name="context"/> tokens each.</summary>
    public static double StepSeconds(InstanceSpec instance, int sequences, double context)
    {
        ArgumentNullException.ThrowIfNull(instance);
        var bounded = Math.Min(context, instance.Cost.BoundedContextTokens);
        var speculation = instance.Deployment.Speculation;
        return 1 / (speculation?.ExpectedTokensPerPass ?? 1) * instance.Cost.Evaluate(new StepShape
        {
            DecodeSequences = sequences,
            DecodeTokensPerSequence = 1 + (speculation?.DraftTokens ?? 0),
            DecodeContextTokens = (long)(sequences * context),
            DecodeBoundedContextTokens = (long)(sequences * bounded),
            SampledSequences = sequences,
        }).DurationSeconds;
    }
}
