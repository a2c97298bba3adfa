using Cluster.Engine;
using Cluster.Engine.Requests;
using Cluster.Engine.Routing;
using Cluster.Engine.Topology;
using Cluster.Simulator.Recording;

namespace Cluster.Simulator;

/// <summary>
/// How much worse each placement was than the best one at that moment, by an oracle that knows every cache and every
/// queue as they are: TTFT predicted by the cost model for the chosen prefill instance, less that of the best.
/// </summary>
public sealed class RegretObserver(ClusterSpec cluster) : ISimulationObserver
{
    private readonly LatencyPredictor _predictor = new(cluster);
    private readonly Instance?[] _instances = new Instance?[cluster.Instances.Length];
    private readonly long[] _pendingTokens = new long[cluster.Instances.Length];
    private readonly Dictionary<long, (int Instance, long Tokens)> _placed = [];
    private readonly List<long> _regretsNs = [];

    /// <summary>Regret of every placement, in order, in nanoseconds of predicted TTFT; at least 0.</summary>
    public IReadOnlyList<long> RegretsNs => _regretsNs;

    public bool LogsDecisions => true;

    /// <summary>All decisions with their candidates' costs, in order: the decision log.</summary>
    public List<RoutingDecision> Decisions { get; } = [];

    public void Placed(RequestSpec request, RoutingDecision decision)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(decision);
        Decisions.Add(decision);
        var best = long.MaxValue;
        foreach (var cost in decision.PrefillCosts) best = Math.Min(best, TtftNs(cost.Instance, request));
        var chosen = TtftNs(decision.PrefillInstance, request);
        // A prompt computed where it decodes stands outside the prefill candidates and can be better than all of them.
        _regretsNs.Add(Math.Max(0, chosen - Math.Min(best, chosen)));
        var tokens = request.InputTokens - CachedTokens(decision.PrefillInstance, request);
        _placed[request.Id] = (decision.PrefillInstance, tokens);
        _pendingTokens[decision.PrefillInstance] += tokens;
    }

    public void StepBegan(int index, Instance instance, in Step step)
    {
        ArgumentNullException.ThrowIfNull(instance);
        _instances[index] = instance;
        foreach (var (sequence, tokens) in instance.Chunks)
            if (sequence.MissingTokens == tokens) Forget(sequence.Id);
    }

    public void Ended(in RequestRecord record) => Forget(record.Id);

    private void Forget(long id)
    {
        if (_placed.Remove(id, out var placed)) _pendingTokens[placed.Instance] -= placed.Tokens;
    }

    private long TtftNs(int instance, RequestSpec request)
    {
        var candidate = new Candidate { Instance = instance, PendingPrefillTokens = _pendingTokens[instance] };
        return _predictor.TtftNs(in candidate, request.InputTokens, CachedTokens(instance, request));
    }

    private long CachedTokens(int instance, RequestSpec request)
    {
        var kv = cluster.Instances[instance].Kv;
        if (!kv.EnablePrefixCaching || _instances[instance] is not { } known) return 0;
        return known.State.Pool.CountPrefix(request.Content.BlockChain(kv.BlockSize).AsSpan(0, (request.InputTokens - 1) / kv.BlockSize)) * (long)kv.BlockSize;
    }
}
