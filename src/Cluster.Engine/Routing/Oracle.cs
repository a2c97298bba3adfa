using Cluster.Engine.KvCache;
using Cluster.Engine.Requests;
using Cluster.Engine.Topology;

namespace Cluster.Engine.Routing;

/// <summary>
/// Judges placements by the true state of every instance at that moment: its caches and tiers, the step in progress, what queues
/// and what of it is done, blocks and slots and when they come free, slow ranks. A router knows none of that for certain; what it
/// could have had is its regret. What comes later is known to neither.
/// </summary>
public sealed class Oracle
{
    private readonly ClusterSpec _cluster;
    private readonly OracleCost _cost;
    private readonly DistinctBlocks _underWay;
    private readonly PrefixMatches _matches;
    private readonly int[] _pendingBlocks;
    private readonly int[] _blockSizes;
    private readonly long[] _queuedTokens;
    private readonly OracleEstimate?[] _estimates;
    private readonly Dictionary<long, Prompt> _prompts = [];

    public Oracle(ClusterSpec cluster)
    {
        ArgumentNullException.ThrowIfNull(cluster);
        _cluster = cluster;
        _cost = new OracleCost(cluster);
        _underWay = new DistinctBlocks(cluster.Instances.Length);
        _matches = new PrefixMatches(cluster.Instances.Length);
        _pendingBlocks = new int[cluster.Instances.Length];
        _queuedTokens = new long[cluster.Instances.Length];
        _estimates = new OracleEstimate?[cluster.Instances.Length];
        _blockSizes = [.. cluster.Instances.Select(i => i.Kv.BlockSize).Distinct()];
    }

    private readonly record struct Prompt(int Instance, long Tokens, BlockChain Chain, int FullBlocks);

    /// <summary>Judges a placement before the instances know of it, and remembers it.</summary>
    /// <param name="instanceAt">The instances as they are now.</param>
    /// <param name="isOpen">Whether an instance takes requests.</param>
    public OracleVerdict Judge(RequestSpec request, RoutingDecision decision, Func<int, Instance> instanceAt, Func<int, bool> isOpen, long nowNs)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(decision);
        ArgumentNullException.ThrowIfNull(instanceAt);
        ArgumentNullException.ThrowIfNull(isOpen);
        FindPending(request);
        for (var i = 0; i < _estimates.Length; i++) _estimates[i] = Serves(i) ? Estimate(i) : null;
        Remember(request, decision, instanceAt(decision.PrefillInstance));
        return OracleVerdict.Of(decision, _cluster.Instances, _estimates, _cluster.Transfer) ?? new OracleVerdict(0, decision.PrefillInstance, decision.DecodeInstance);

        bool Serves(int i) => isOpen(i) && (request.Model is null || _cluster.Instances[i].Deployment.Model.Name == request.Model)
            && _cluster.Instances[i].Deployment.Model.Name == _cluster.Instances[decision.PrefillInstance].Deployment.Model.Name;

        OracleEstimate Estimate(int i)
        {
            var instance = instanceAt(i);
            var pendingTokens = _pendingBlocks[i] * (long)instance.Spec.Kv.BlockSize;
            var prefills = i == decision.PrefillInstance || OracleVerdict.ComputesPrompts(instance.Spec, _cluster.Transfer);
            return new OracleEstimate(
                prefills ? _cost.PrefillNs(instance, request, pendingTokens, Queued(instance, i), instance.Slowdown, nowNs) : 0,
                instance.Spec.Role == InstanceRole.Decode ? _cost.DecodeNs(instance, request, instance.Slowdown, nowNs) : 0);
        }
    }

    /// <summary>The request's prompt is computed, or nobody will compute it there.</summary>
    public void PrefillEnded(long requestId)
    {
        if (!_prompts.Remove(requestId, out var prompt)) return;
        _queuedTokens[prompt.Instance] -= prompt.Tokens;
        _underWay.Remove(prompt.Instance, prompt.Chain, prompt.FullBlocks, prompt.FullBlocks);
    }

    private void Remember(RequestSpec request, RoutingDecision decision, Instance instance)
    {
        var (at, size) = (decision.PrefillInstance, instance.Spec.Kv.BlockSize);
        var cached = Math.Max(OracleCost.CachedTokens(instance, request).Tokens, _pendingBlocks[at] * (long)size);
        var prompt = new Prompt(at, Math.Max(1, request.InputTokens - cached), request.Content.BlockChain(size), request.InputTokens / size);
        _prompts[request.Id] = prompt;
        _queuedTokens[at] += prompt.Tokens;
        _underWay.Add(at, prompt.Chain, prompt.FullBlocks, prompt.FullBlocks);
    }

    /// <summary>Tokens that the instance computes before a prompt that comes now: those placed there, less what is done of them.</summary>
    private long Queued(Instance instance, int at)
    {
        var tokens = _queuedTokens[at];
        foreach (var sequence in instance.State.Prefilling)
            tokens -= _prompts.TryGetValue(sequence.Id, out var prompt) ? Math.Max(0, prompt.Tokens - sequence.MissingTokens) : -sequence.MissingTokens;
        if (instance.IsStepping)
            foreach (var chunk in instance.Chunks) tokens -= chunk.Tokens;
        // Preempted ones stand in front, and are computed again.
        foreach (var sequence in instance.State.Waiting.All)
        {
            if (sequence.Preemptions == 0) break;
            if (!_prompts.ContainsKey(sequence.Id)) tokens += sequence.KnownTokens;
        }

        return Math.Max(0, tokens);
    }

    /// <summary>Leading blocks of the prompt that other prompts are about to bring into each cache.</summary>
    private void FindPending(RequestSpec request)
    {
        Array.Clear(_pendingBlocks);
        foreach (var size in _blockSizes)
        {
            _underWay.Shared(request.Content.BlockChain(size).Take((request.InputTokens - 1) / size), _matches);
            foreach (var i in _matches)
                if (_cluster.Instances[i].Kv is { EnablePrefixCaching: true } kv && kv.BlockSize == size) _pendingBlocks[i] = _matches[i];
        }
    }
}
