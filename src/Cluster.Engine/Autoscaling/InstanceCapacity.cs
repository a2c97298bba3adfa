using Cluster.Engine.Cost;
using Cluster.Engine.Topology;
using Cluster.Engine.Units;

namespace Cluster.Engine.Autoscaling;

/// <summary>What one instance can do per second by its own cost model: the profile that a planner scales by.</summary>
public static class InstanceCapacity
{
    /// <summary>Prompt tokens per second of full steps of prompts that are this long.</summary>
    public static double PrefillTokensPerSecond(InstanceSpec instance, double promptTokens)
    {
        ArgumentNullException.ThrowIfNull(instance);
        var prompt = (long)Math.Clamp(promptTokens, 1, instance.StepTokenBudget);
        var prompts = Math.Max(1, instance.StepTokenBudget / prompt);
        var pairs = prompts * (prompt * (prompt + 1) / 2);
        var shape = new StepShape
        {
            PrefillSequences = (int)prompts,
            PrefillTokens = prompts * prompt,
            PrefillPairs = pairs,
            PrefillBoundedPairs = Math.Min(pairs, prompts * prompt * instance.Cost.BoundedContextTokens),
            PrefillContextTokens = prompts * prompt,
            MicroBatchTokens = instance.MicroBatchTokens,
            SampledSequences = (int)prompts,
        };
        return prompts * prompt / instance.Cost.Evaluate(in shape).DurationSeconds;
    }

    /// <summary>Output tokens per second of the largest batch that keeps to the time per token, and to KV and slots.</summary>
    /// <param name="tpotNs">Null: only KV and slots limit.</param>
    public static double DecodeTokensPerSecond(InstanceSpec instance, double contextTokens, long? tpotNs)
    {
        ArgumentNullException.ThrowIfNull(instance);
        var context = Math.Max(1, contextTokens);
        var (fits, beyond) = (1, 1 + (int)Math.Clamp(instance.Kv.TotalBlocks / (double)instance.Kv.BlocksFor(context), 1, instance.Scheduler.MaxNumSeqs));
        // The largest batch that meets the objective lies in [fits, beyond).
        while (beyond - fits > 1)
        {
            var middle = (fits + beyond) / 2;
            if (tpotNs is null || SecondsPerToken(instance, middle, context) <= Time.ToSeconds(tpotNs.Value)) fits = middle;
            else beyond = middle;
        }

        return fits / SecondsPerToken(instance, fits, context);
    }

    private static double SecondsPerToken(InstanceSpec instance, int sequences, double contextTokens)
    {
        var speculation = instance.Deployment.Speculation;
        var shape = new StepShape
        {
            DecodeSequences = sequences,
            DecodeTokensPerSequence = 1 + (speculation?.DraftTokens ?? 0),
            DecodeContextTokens = (long)(sequences * contextTokens),
            DecodeBoundedContextTokens = (long)(sequences * Math.Min(contextTokens, instance.Cost.BoundedContextTokens)),
            SampledSequences = sequences,
        };
        return instance.Cost.Evaluate(in shape).DurationSeconds / (speculation?.ExpectedTokensPerPass ?? 1);
    }
}
