using System.Collections.Immutable;
using Cluster.Engine.Requests;
using Cluster.Engine.Topology;

namespace Cluster.Engine.Routing;

/// <summary>What a request would wait for on one instance, by that instance's true state.</summary>
/// <param name="PrefillNs">Until its prompt is computed there.</param>
/// <param name="DecodeNs">Between the end of its prefill elsewhere and its KV there.</param>
public readonly record struct OracleEstimate(long PrefillNs, long DecodeNs);

/// <summary>
/// The <see cref="Oracle"/> in parts, for drivers whose instances are in several places: each instance is asked where it is, and the
/// answers are weighed together. Unlike the whole oracle, instances know only of prompts that have reached them.
/// </summary>
public sealed class InstanceOracle(ClusterSpec cluster)
{
    /// <summary>Waiting prompts that are looked up in the cache: behind so many, a queue is long whatever hits.</summary>
    private const int MostLookUps = 64;

    private readonly OracleCost _cost = new(cluster);

    /// <summary>Asks an instance, before the request has reached it.</summary>
    /// <param name="slowdown">How many times as long its steps to come take; the one in progress knows its own end.</param>
    public OracleEstimate Ask(Instance instance, RequestSpec request, double slowdown, long nowNs)
    {
        ArgumentNullException.ThrowIfNull(instance);
        ArgumentNullException.ThrowIfNull(request);
        var (queued, pending, state) = (0L, 0L, instance.State);
        foreach (var ahead in state.Prefilling) Count(ahead, ahead.MissingTokens);
        var looked = 0;
        foreach (var ahead in state.Waiting.All)
            Count(ahead, Math.Max(1, ahead.KnownTokens - (looked++ < MostLookUps ? OracleCost.CachedTokens(instance, ahead.Request).Tokens : 0)));
        if (instance.IsStepping)
            foreach (var chunk in instance.Chunks) queued -= chunk.Tokens;
        var size = instance.Spec.Kv.BlockSize;
        pending = instance.Spec.Kv.EnablePrefixCaching ? Math.Min(pending, request.InputTokens - 1) / size * size : 0;
        return new OracleEstimate(
            _cost.PrefillNs(instance, request, pending, Math.Max(0, queued), slowdown, nowNs), _cost.DecodeNs(instance, request, slowdown, nowNs));

        void Count(Sequence ahead, long tokens)
        {
            queued += tokens;
            pending = Math.Max(pending, Math.Min(ahead.Request.InputTokens, request.Content.CommonPrefix(ahead.Request.Content)));
        }
    }

    /// <summary>Holds a placement against the best one that the answers allow.</summary>
    /// <param name="instances">Those that the router chooses among.</param>
    /// <param name="estimates">Their answers, in the same order; null for one that cannot take the request.</param>
    /// <returns>Null when the placement itself was not among the answers.</returns>
    public OracleVerdict? Weigh(RoutingDecision decision, ImmutableArray<InstanceSpec> instances, IReadOnlyList<OracleEstimate?> estimates)
    {
        ArgumentNullException.ThrowIfNull(decision);
        ArgumentNullException.ThrowIfNull(estimates);
        if (estimates[decision.PrefillInstance] is not { } prefill || estimates[decision.DecodeInstance] is not { } decode) return null;
        var chosenNs = prefill.PrefillNs + (decision.IsLocal ? 0 : decode.DecodeNs);
        var partner = -1;
        for (var i = 0; i < estimates.Count; i++)
            if (instances[i].Role == InstanceRole.Decode && estimates[i] is { } e && (partner < 0 || e.DecodeNs < estimates[partner]!.Value.DecodeNs)) partner = i;
        var best = new OracleVerdict(0, decision.PrefillInstance, decision.DecodeInstance);
        for (var i = 0; i < estimates.Count; i++)
        {
            if (estimates[i] is not { } e) continue;
            var handsOn = instances[i].Role == InstanceRole.Prefill;
            // A decode instance computes prompts only where disaggregation is conditional.
            if (handsOn ? partner < 0 : instances[i].Role == InstanceRole.Decode && cluster.Transfer.Conditional is null) continue;
            var ns = e.PrefillNs + (handsOn ? estimates[partner]!.Value.DecodeNs : 0);
            if (chosenNs - ns > best.RegretNs) best = new OracleVerdict(chosenNs - ns, i, handsOn ? partner : i);
        }

        return best;
    }
}
