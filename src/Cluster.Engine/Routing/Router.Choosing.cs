using System.Collections.Immutable;
using Cluster.Engine.Requests;
using Cluster.Engine.Topology;
using Cluster.Engine.Units;

namespace Cluster.Engine.Routing;

/// <summary>How one decision is made: overlaps looked up, candidates gathered, the policy asked, its regret worked out.</summary>
public sealed partial class Router
{
    /// <summary>Instances with blocks of another size keep other keys, so each size is looked up by itself.</summary>
    private void FindOverlaps(RouterView view, RequestSpec request)
    {
        if (_blockSizes.Length > 1) _overlapTokens.AsSpan().Clear();
        foreach (var size in _blockSizes)
        {
            view.Overlaps(request.Content.BlockChain(size).AsSpan(0, (request.InputTokens - 1) / size), _overlaps);
            for (var i = 0; i < _overlaps.Length; i++)
                if (_cluster.Instances[i].Kv.BlockSize == size) _overlapTokens[i] = _deviceTokens[i] = _overlaps[i] * size;
            if (!view.TryDeviceOverlaps(request.Content.BlockChain(size).AsSpan(0, (request.InputTokens - 1) / size), _overlaps)) continue;
            for (var i = 0; i < _overlaps.Length; i++)
                if (_cluster.Instances[i].Kv.BlockSize == size) _deviceTokens[i] = _overlaps[i] * size;
        }
    }

    /// <summary>What will be in a cache by the time this request gets there counts as if it were.</summary>
    private void CountPending(RouterView view, ReadOnlySpan<ulong> prompt, int mostTokens)
    {
        for (var i = 0; i < _overlapTokens.Length; i++)
        {
            var tokens = Math.Min(view.PendingPrefix(i, prompt) * _blockSizes[0], mostTokens / _blockSizes[0] * _blockSizes[0]);
            _overlapTokens[i] = Math.Max(_overlapTokens[i], tokens);
            _deviceTokens[i] = Math.Max(_deviceTokens[i], tokens);
        }
    }

    private bool ComputesLocally(RequestSpec request, int overlapTokens)
    {
        if (_cluster.Transfer.Conditional is not { } limits) return false;
        var uncached = request.InputTokens - Math.Min(overlapTokens, request.InputTokens - 1);
        return uncached < limits.MaxUncachedTokens && uncached < limits.MaxUncachedRatio * request.InputTokens;
    }

    private (int Instance, ImmutableArray<CandidateCost> Costs, long RegretNs)? Choose(
        Replica replica, IRoutingPolicy policy, in RoutingQuery query, ReadOnlySpan<ulong> prompt, string? model, InstanceRole role)
    {
        if (_candidates.Length < _cluster.Instances.Length) (_candidates, _costs) = (new Candidate[_cluster.Instances.Length], new double[_cluster.Instances.Length]);
        Span<Candidate> candidates = _candidates;
        var count = 0;
        for (var i = 0; i < _cluster.Instances.Length; i++)
        {
            var instance = _cluster.Instances[i];
            // An aggregated instance can take a request whole, so it stands among the prefill candidates.
            var serves = instance.Role == role || (role == InstanceRole.Prefill && instance.Role == InstanceRole.Aggregated);
            if (serves && !_closed[i] && (model is null || instance.Deployment.Model.Name == model))
                candidates[count++] = replica.View.Candidate(i, _overlapTokens[i] / query.BlockSize, _deviceTokens[i] / query.BlockSize, query.BlockSize, prompt);
        }

        Rejection = RejectionReason.NoInstance;
        if (count == 0) return null;
        candidates = candidates[..count];
        var costs = _costs.AsSpan(0, count);
        costs.Clear();
        var chosen = policy.Choose(in query, candidates, costs, replica.Random);
        if (chosen < 0)
        {
            Rejection = policy.Rejection;
            return null;
        }

        var (log, regretNs) = (ImmutableArray<CandidateCost>.Empty, Time.Unset);
        if (_logs)
        {
            if (role == InstanceRole.Prefill) regretNs = RegretNs(candidates, chosen, query.InputTokens);
            var builder = ImmutableArray.CreateBuilder<CandidateCost>(count);
            for (var i = 0; i < count; i++) builder.Add(new CandidateCost(candidates[i].Instance, costs[i], candidates[i].OverlapBlocks));
            log = builder.MoveToImmutable();
        }

        return (candidates[chosen].Instance, log, regretNs);
    }

    private long RegretNs(ReadOnlySpan<Candidate> candidates, int chosen, int inputTokens)
    {
        var (best, taken) = (long.MaxValue, 0L);
        for (var i = 0; i < candidates.Length; i++)
        {
            var ttftNs = _predictor.TtftNs(in candidates[i], inputTokens, Math.Min(_overlapTokens[candidates[i].Instance], inputTokens - 1));
            if (i == chosen) taken = ttftNs;
            best = Math.Min(best, ttftNs);
        }

        return taken - best;
    }
}
