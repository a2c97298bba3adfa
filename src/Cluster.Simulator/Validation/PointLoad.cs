using Cluster.Engine.Cost;
using Cluster.Engine.Topology;

namespace Cluster.Simulator.Validation;

/// <summary>
/// Whether a measured closed loop can have run as stated: the kernels of its prompts and decodes, at the speed at which
/// kernels were measured and with nothing between them, against the time that the measured TTFT and TPOT leave. Prompts that
/// were found in cache, or a loop that was not kept full, show as more than there was time for.
/// </summary>
public static class PointLoad
{
    /// <summary>Kernels may be faster than the fits by this much before a row counts as impossible.</summary>
    internal const double Tolerance = 1.15;

    /// <summary>Kernel seconds of one turn of all clients ÷ seconds that a measured turn took; null for P/D rows, where two pools share the work.</summary>
    public static double? KernelShare(MeasuredPoint point, ClusterSpec cluster)
    {
        ArgumentNullException.ThrowIfNull(point);
        ArgumentNullException.ThrowIfNull(cluster);
        if (point.Prefill is not null || cluster.Instances.Length != 1) return null;
        var instance = cluster.Instances[0];
        if (point.Concurrency > instance.Scheduler.MaxNumSeqs) return null;
        var meanShare = (point.LengthShares.Least + point.LengthShares.Most) / 2;
        long input = (long)(point.InputTokens * meanShare), output = Math.Max(1, (long)(point.OutputTokens * meanShare));
        long bound = instance.Cost.BoundedContextTokens;
        var context = point.Concurrency * (input + (output / 2));
        // Waiting for blocks is not the kernels' time: such rows are left alone.
        if (context > instance.Kv.TotalBlocks * instance.Kv.BlockSize) return null;
        // Decode is charged only what prefill does not bring along: the weights may be read once for both.
        var decode = instance.Cost.Evaluate(Decode(point.Concurrency, context, bound));
        var weights = instance.Cost.Evaluate(Decode(1, 1, bound));
        var decodeSeconds = Math.Max(0, Kernels(decode) - Kernels(weights));
        var prefillSeconds = Kernels(instance.Cost.Evaluate(Prefill(input, bound))) / instance.Deployment.Parallelism.Dp;
        var turnSeconds = (point.TtftMs + ((output - 1) * point.TpotMs)) / 1e3;
        return ((point.Concurrency * prefillSeconds) + (output * decodeSeconds)) / turnSeconds;
    }

    /// <summary>True when the stated load needs more kernel time than there was.</summary>
    public static bool IsBeyondKernels(MeasuredPoint point, ClusterSpec cluster) => KernelShare(point, cluster) > Tolerance;

    private static double Kernels(in StepCost cost) => cost.DurationSeconds - cost.HostSeconds;

    private static StepShape Prefill(long tokens, long bound) => new()
    {
        PrefillSequences = 1,
        PrefillTokens = tokens,
        PrefillPairs = tokens * (tokens + 1) / 2,
        PrefillBoundedPairs = Math.Min(tokens * (tokens + 1) / 2, tokens * bound),
        PrefillContextTokens = tokens,
        SampledSequences = 1,
    };

    private static StepShape Decode(int sequences, long context, long bound) => new()
    {
        DecodeSequences = sequences,
        DecodeTokensPerSequence = 1,
        DecodeContextTokens = context,
        DecodeBoundedContextTokens = Math.Min(context, sequences * bound),
        SampledSequences = sequences,
    };
}
