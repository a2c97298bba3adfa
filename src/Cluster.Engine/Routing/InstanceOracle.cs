using Cluster.Engine.Requests;
using Cluster.Engine.Topology;

namespace Cluster.Engine.Routing;

/// <summary>
/// The <see cref="Oracle"/> in parts, for drivers whose instances are in several places: each instance is asked where it is, and the
/// answers are weighed together (<see cref="OracleVerdict.Of"/>). Unlike the whole oracle, instances know only of prompts that have reached them.
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
}
