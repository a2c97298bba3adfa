using System.Collections.Immutable;
using Cluster.Engine.KvCache;
using Cluster.Engine.Requests;
using Cluster.Engine.Topology;
using Cluster.Engine.Units;

namespace Cluster.Engine.Routing;

/// <summary>How one decision is made: overlaps looked up, candidates gathered, the policy asked, its regret worked out.</summary>
public sealed partial class Router
{
    private sealed record CandidatePool(InstanceRole Role, string? Model, CandidateSet Candidates);

    /// <summary>
    /// Who holds the beginning of this prompt by what the router was told, a bit per instance: what others evict cannot change where
    /// it goes.
    /// </summary>
    public ReadOnlySpan<ulong> HoldersOfBeginning(RequestSpec request)
    {
        ArgumentNullException.ThrowIfNull(request);
        _matches.Clear();
        FindOverlaps(_replicas[0].View, request);
        return _matches.Overlap.Holders;
    }

    /// <summary>Instances with blocks of another size keep other keys, so each size is looked up by itself.</summary>
    private void FindOverlaps(RouterView view, RequestSpec request)
    {
        foreach (var size in _blockSizes)
        {
            Find(view, PrefixLevel.Any, request, size, _matches.Overlap);
            Find(view, PrefixLevel.Host, request, size, _matches.Host);
            Find(view, PrefixLevel.Device, request, size, _matches.Device);
        }
    }

    /// <summary>Tokens of a prompt that the index can know of: all, or what the router's history tells prompts apart by.</summary>
    private int Reach(int inputTokens) =>
        _cluster.Router is { Index: PrefixIndexSource.History, HistoryReachTokens: { } reach } ? Math.Min(inputTokens, reach) : inputTokens;

    /// <summary>Where nothing lies below HBM, the nearest level is the only one, and found once.</summary>
    private void Find(RouterView view, PrefixLevel level, RequestSpec request, int size, PrefixMatches tokens)
    {
        if (level == PrefixLevel.Any || view.Index.HasTiers)
            view.Index.Overlaps(level, request.Content.BlockChain(size).Take(Math.Min(Reach(request.InputTokens), request.InputTokens - 1) / size), _found);
        foreach (var instance in _found)
            if (_cluster.Instances[instance].Kv.BlockSize == size) tokens.Set(instance, _found[instance] * size);
    }

    /// <summary>What will be in a cache by the time this request gets there counts as if it were.</summary>
    private void CountPending(RouterView view, ChainSlice prompt, int mostTokens)
    {
        view.Pending(prompt, _found);
        foreach (var instance in _found)
        {
            var tokens = Math.Min(_found[instance] * _blockSizes[0], mostTokens / _blockSizes[0] * _blockSizes[0]);
            if (tokens > _matches.Overlap[instance]) _matches.Overlap.Set(instance, tokens);
            if (tokens > _matches.Host[instance]) _matches.Host.Set(instance, tokens);
            if (tokens > _matches.Device[instance]) _matches.Device.Set(instance, tokens);
        }
    }

    private bool ComputesLocally(RequestSpec request, int overlapTokens)
    {
        if (_cluster.Transfer.Conditional is not { } limits) return false;
        var uncached = request.InputTokens - Math.Min(overlapTokens, request.InputTokens - 1);
        return uncached < limits.MaxUncachedTokens && uncached < limits.MaxUncachedRatio * request.InputTokens;
    }

    private (int Instance, ImmutableArray<CandidateCost> Costs, long RegretNs)? Choose(Replica replica, IRoutingPolicy policy, in RoutingQuery query, string? model)
    {
        var candidates = Candidates(replica, policy, query.Role, model);
        Rejection = RejectionReason.NoInstance;
        if (candidates.Count == 0) return null;
        candidates.Begin(query.BlockSize);
        var chosen = policy.Choose(in query, candidates, replica.Random);
        if (chosen < 0)
        {
            Rejection = policy.Rejection;
            return null;
        }

        if (!_logs) return (chosen, [], Time.Unset);
        var costs = candidates.Prices(in query);
        var all = candidates.All;
        var log = ImmutableArray.CreateBuilder<CandidateCost>(all.Length);
        for (var i = 0; i < all.Length; i++) log.Add(new CandidateCost(all[i].Instance, costs[i], all[i].OverlapBlocks));
        return (chosen, log.MoveToImmutable(), query.Role == InstanceRole.Prefill ? RegretNs(all, chosen, query.InputTokens) : Time.Unset);
    }

    /// <summary>The open instances that serve this role and model; kept until instances open, close, join or are told otherwise.</summary>
    private CandidateSet Candidates(Replica replica, IRoutingPolicy policy, InstanceRole role, string? model)
    {
        foreach (var pool in replica.Pools)
            if (pool.Role == role && pool.Model == model) return pool.Candidates;
        return Gather(replica, policy, role, model);
    }

    private CandidateSet Gather(Replica replica, IRoutingPolicy policy, InstanceRole role, string? model)
    {
        // An aggregated instance can take a request whole, so it stands among the prefill candidates.
        bool Serves(InstanceSpec instance) => (instance.Role == role || (role == InstanceRole.Prefill && instance.Role == InstanceRole.Aggregated))
            && (model is null || instance.Deployment.Model.Name == model);
        int[] instances = [.. Enumerable.Range(0, _cluster.Instances.Length).Where(i => !_closed[i] && Serves(_cluster.Instances[i]))];
        var candidates = new CandidateSet(replica.View, _matches, policy, instances, _cluster.Instances.Length, role, _predictor);
        replica.View.Tell(candidates);
        replica.Pools.Add(new CandidatePool(role, model, candidates));
        return candidates;
    }

    /// <summary>Other instances, another policy or another view: candidates are gathered anew at the next decision.</summary>
    private void Regroup()
    {
        _lookedAt = CandidatesLookedAt;
        foreach (var replica in _replicas)
        {
            replica.Pools.Clear();
            replica.View.TellNobody();
        }
    }

    private long RegretNs(ReadOnlySpan<Candidate> candidates, int chosen, int inputTokens)
    {
        var (best, taken) = (long.MaxValue, 0L);
        for (var i = 0; i < candidates.Length; i++)
        {
            var ttftNs = _predictor.TtftNs(in candidates[i], inputTokens, Math.Min(_matches.Overlap[candidates[i].Instance], inputTokens - 1));
            if (candidates[i].Instance == chosen) taken = ttftNs;
            best = Math.Min(best, ttftNs);
        }

        return taken - best;
    }
}
