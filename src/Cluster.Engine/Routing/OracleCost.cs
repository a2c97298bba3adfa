using Cluster.Engine.Cost;
using Cluster.Engine.Requests;
using Cluster.Engine.Topology;
using Cluster.Engine.Transfer;
using Cluster.Engine.Units;

namespace Cluster.Engine.Routing;

/// <summary>What a request would wait for on one instance, given the state that the instance is in.</summary>
internal sealed class OracleCost(ClusterSpec cluster)
{
    private readonly List<(long Steps, long Blocks)> _leaving = [];

    /// <summary>Nanoseconds until the prompt is computed there: the step in progress, blocks or a slot, what queues, its own chunks.</summary>
    /// <param name="pendingTokens">Leading tokens that prompts before it bring into the cache.</param>
    /// <param name="queuedTokens">Tokens to be computed before it.</param>
    /// <param name="slowdown">How many times as long steps to come take.</param>
    public long PrefillNs(Instance instance, RequestSpec request, long pendingTokens, long queuedTokens, double slowdown, long nowNs)
    {
        var waitNs = instance.IsStepping ? Math.Max(0, instance.StepDueNs - nowNs) : 0;
        var (cached, readNs) = CachedTokens(instance, request);
        if (pendingTokens > cached) (cached, readNs) = (pendingTokens, 0);
        var own = Math.Max(1, request.InputTokens - cached);
        var computeNs = ComputeNs(instance, queuedTokens + own, request.InputTokens - own, slowdown);
        var blocks = instance.Spec.Kv.BlocksFor(request.InputTokens) - (cached / instance.Spec.Kv.BlockSize) + (queuedTokens / instance.Spec.Kv.BlockSize);
        var roomNs = RoomNs(instance, blocks, slots: instance.State.WaitingCount + 1, slowdown);
        return waitNs + Math.Max(computeNs, roomNs + readNs + ComputeNs(instance, own, request.InputTokens - own, slowdown));
    }

    /// <summary>Nanoseconds between the end of the prompt's prefill elsewhere and its KV here: blocks, then the wire.</summary>
    public long DecodeNs(Instance instance, RequestSpec request, double slowdown, long nowNs)
    {
        var (cached, _) = CachedTokens(instance, request);
        var blocks = instance.Spec.Kv.BlocksFor(request.InputTokens) - (cached / instance.Spec.Kv.BlockSize);
        foreach (var ahead in instance.State.Reserving.All) blocks += instance.Spec.Kv.BlocksFor(ahead.Request.InputTokens);
        var waitNs = instance.IsStepping ? Math.Max(0, instance.StepDueNs - nowNs) : 0;
        return Math.Max(waitNs, RoomNs(instance, blocks, slots: 0, slowdown) + WireNs(instance.Spec, request, (int)(request.InputTokens - cached)));
    }

    /// <summary>Leading tokens of the prompt that the instance need not compute, and how long they take to come up from tiers below HBM.</summary>
    public static (long Tokens, long ReadNs) CachedTokens(Instance instance, RequestSpec request)
    {
        var (kv, pool) = (instance.Spec.Kv, instance.State.Pool);
        if (!kv.EnablePrefixCaching) return (0, 0);
        var keys = request.Content.BlockChain(kv.BlockSize).Take((request.InputTokens - 1) / kv.BlockSize);
        var hits = pool.CountUsable(keys, pool.CountPrefix(keys));
        if (instance.State.Tiers is not { } tiers) return (hits * (long)kv.BlockSize, 0);
        var below = tiers.CountPrefix(keys.Keys[hits..]);
        return ((hits + below) * (long)kv.BlockSize, tiers.ReadNs(keys.Keys.Slice(hits, below)));
    }

    /// <summary>Chunks under what decodes leave of the token budget, in steps that carry those decodes.</summary>
    private static long ComputeNs(Instance instance, long tokens, long context, double slowdown)
    {
        var decodes = instance.State.Decodes;
        long budget = Math.Max(1, instance.Spec.StepTokenBudget - ((long)decodes.Count * decodes.TokensPerMember));
        var full = (tokens - 1) / budget;
        var last = StepNs(instance, tokens - (full * budget), context, slowdown);
        return full == 0 ? last : last + (full * StepNs(instance, budget, context / 2, slowdown));
    }

    /// <summary>Until enough sequences have ended that blocks and slots suffice: an oracle knows how long answers are.</summary>
    private long RoomNs(Instance instance, long blocks, int slots, double slowdown)
    {
        var state = instance.State;
        var (missing, over) = (blocks - state.Pool.Available, state.Running + slots - instance.Spec.Scheduler.MaxNumSeqs);
        if ((missing <= 0 && over <= 0) || state.Decodes.Count == 0) return 0;
        _leaving.Clear();
        for (var member = state.Decodes.First; member is not null; member = member.Next)
            _leaving.Add((member.FinishStep - state.Decodes.Steps, state.Decodes.BlocksFor(state.Decodes.ComputedOf(member))));
        _leaving.Sort();
        var steps = 0L;
        foreach (var (left, freed) in _leaving)
        {
            if (missing <= 0 && over <= 0) break;
            (steps, missing, over) = (Math.Max(steps, left), missing - freed, over - 1);
        }

        return steps * StepNs(instance, 0, 0, slowdown);
    }

    private long WireNs(InstanceSpec destination, RequestSpec request, int missingTokens)
    {
        if (cluster.Link is not { } link) return 0;
        var source = destination;
        foreach (var instance in cluster.Instances)
            if (instance.Role == InstanceRole.Prefill && instance.Deployment.Model.Name == destination.Deployment.Model.Name) source = instance;
        var bytes = TransferPlan.Bytes(cluster.Transfer, source, request.InputTokens, missingTokens);
        return Time.FromSeconds(link.SetupSeconds + TransferPlan.RelayoutSeconds(source, destination, bytes) + (bytes / link.EffectiveBytesPerSecond(Math.Max(bytes, 1))));
    }

    private static long StepNs(Instance instance, long tokens, long context, double slowdown)
    {
        var decodes = instance.State.Decodes;
        var bound = instance.Spec.Cost.BoundedContextTokens;
        var pairs = (tokens * context) + (tokens * (tokens + 1) / 2);
        var shape = new StepShape
        {
            PrefillSequences = tokens > 0 ? 1 : 0,
            PrefillTokens = tokens,
            PrefillPairs = pairs,
            PrefillBoundedPairs = Math.Min(pairs, tokens * bound),
            PrefillContextTokens = context + tokens,
            MicroBatchTokens = instance.Spec.MicroBatchTokens,
            DecodeSequences = decodes.Count,
            DecodeTokensPerSequence = decodes.TokensPerMember,
            DecodeContextTokens = decodes.ContextTokens + decodes.Count,
            DecodeBoundedContextTokens = decodes.BoundedContextTokens,
            SampledSequences = decodes.Count + (tokens > 0 ? 1 : 0),
        };
        return tokens == 0 && decodes.Count == 0 ? 0 : Time.FromSeconds(instance.Spec.Cost.Evaluate(in shape).DurationSeconds * slowdown);
    }
}
