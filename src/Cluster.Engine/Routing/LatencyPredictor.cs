using Cluster.Engine.Cost;
using Cluster.Engine.Topology;
using Cluster.Engine.Transfer;
using Cluster.Engine.Units;

namespace Cluster.Engine.Routing;

/// <summary>
/// What a router can work out beforehand by each instance's own cost model, on what it believes of its load. Policies
/// that do not ask pay nothing.
/// </summary>
public sealed class LatencyPredictor(ClusterSpec cluster)
{
    /// <summary>Nanoseconds from placement to the end of the prompt's prefill: what queues before it, then its own chunks.</summary>
    /// <param name="cachedTokens">Prompt tokens that need no computing.</param>
    public long TtftNs(in Candidate candidate, int inputTokens, long cachedTokens) =>
        QueueNs(in candidate)
        + PrefillNs(in candidate, Math.Max(1, inputTokens - cachedTokens), Math.Min(cachedTokens, inputTokens - 1));

    /// <summary>Nanoseconds until the prompts that were placed there are computed.</summary>
    public long QueueNs(in Candidate candidate) => PrefillNs(in candidate, candidate.PendingPrefillTokens, 0);

    /// <summary>
    /// Whether latencies and copies of one are those of the other under the same load: both are of one pool, or might as well be.
    /// </summary>
    public bool AreAlike(int one, int other)
    {
        var (a, b) = (cluster.Instances[one], cluster.Instances[other]);
        return ReferenceEquals(a.Cost, b.Cost) && a.Scheduler.MaxNumBatchedTokens == b.Scheduler.MaxNumBatchedTokens && a.Role == b.Role
            && a.Deployment.Model.Name == b.Deployment.Model.Name && TransferPlan.RelayoutSeconds(a, b, 1) == 0;
    }

    /// <summary>Nanoseconds between this request's tokens after it joins: a decode step, over the tokens that a verifying step is expected to give.</summary>
    public long StepNs(in Candidate candidate, int inputTokens)
    {
        var speculation = cluster.Instances[candidate.Instance].Deployment.Speculation;
        var shape = new StepShape
        {
            DecodeSequences = candidate.ActiveRequests + 1,
            DecodeTokensPerSequence = 1 + (speculation?.DraftTokens ?? 0),
            SampledSequences = candidate.ActiveRequests + 1,
        };
        return (long)(Evaluate(in candidate, WithContext(shape, in candidate, inputTokens)) / (speculation?.ExpectedTokensPerPass ?? 1));
    }

    /// <summary>Nanoseconds to copy the KV of a prefix from one instance to another over an idle link; <see cref="Time.Never"/> without a link.</summary>
    public long CopyNs(int source, long tokens)
    {
        if (cluster.Link is not { } link) return Time.Never;
        var bytes = tokens * cluster.Instances[source].Memory.InstanceKvBytesPerToken;
        return Time.FromSeconds(link.SetupSeconds + bytes / link.EffectiveBytesPerSecond(Math.Max(bytes, 1)));
    }

    /// <summary>Whether KV of one instance can be used by another as it is.</summary>
    public bool CanCopy(int source, int destination)
    {
        var (a, b) = (cluster.Instances[source], cluster.Instances[destination]);
        return cluster.Link is not null && a.Deployment.Model.Name == b.Deployment.Model.Name && TransferPlan.RelayoutSeconds(a, b, 1) == 0;
    }

    /// <summary>Chunks under the token budget; an aggregated instance decodes beside them.</summary>
    private long PrefillNs(in Candidate candidate, long tokens, long cached)
    {
        var budget = cluster.Instances[candidate.Instance].StepTokenBudget;
        if (tokens <= 0) return 0;
        var (chunks, chunk) = ((tokens + budget - 1) / budget, Math.Min(tokens, budget));
        // One chunk of the mean context stands for all of them: pairs grow linearly with it.
        var context = cached + (tokens - chunk) / 2;
        var bound = cluster.Instances[candidate.Instance].Cost.BoundedContextTokens;
        var shape = new StepShape
        {
            PrefillSequences = 1,
            PrefillTokens = chunk,
            PrefillPairs = chunk * context + chunk * (chunk + 1) / 2,
            PrefillBoundedPairs = Math.Min(chunk * context + chunk * (chunk + 1) / 2, chunk * bound),
            PrefillContextTokens = context + chunk,
            MicroBatchTokens = cluster.Instances[candidate.Instance].MicroBatchTokens,
            SampledSequences = 1,
        };
        var last = tokens - (chunks - 1) * chunk;
        var full = Evaluate(in candidate, shape);
        return (chunks - 1) * full + full * last / chunk;
    }

    private static StepShape WithContext(StepShape shape, in Candidate candidate, int inputTokens)
    {
        var context = candidate.ActiveBlocks * candidate.BlockSize + inputTokens + 1L;
        return shape with { DecodeContextTokens = context, DecodeBoundedContextTokens = context };
    }

    private long Evaluate(in Candidate candidate, in StepShape shape) =>
        Time.FromSeconds(cluster.Instances[candidate.Instance].Cost.Evaluate(in shape).DurationSeconds);
}
