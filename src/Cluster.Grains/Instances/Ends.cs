using Cluster.Engine;
using Cluster.Engine.Requests;
using Cluster.Engine.Units;
using Cluster.Grains.Messages;

namespace Cluster.Grains.Instances;

/// <summary>How requests end, in words a client can act on.</summary>
internal static class Ends
{
    public static RequestEnd Completed(LiveRequest request) => new()
    {
        CachedTokens = Math.Max(0, request.PrefillCachedTokens >= 0 ? request.PrefillCachedTokens : request.Sequence.CachedTokens),
        HopsNs = Hops(request.Sequence),
    };

    /// <summary>Its instance is lost. Its hops are told when the client has its first token, which no later instance knows of.</summary>
    public static RequestEnd Lost(Sequence sequence) => new()
    {
        Lost = true,
        HopsNs = sequence.Timeline.FirstTokenNs == Time.Unset ? [] : Hops(sequence),
    };

    public static RequestEnd TooLong(Instance instance, Sequence sequence) => new()
    {
        Rejected = true,
        Error = !instance.IsWithinContext(sequence)
            ? $"The request takes {sequence.Request.InputTokens} + {sequence.Request.OutputTokens} tokens, instance {instance.Spec.Name} serves a context of {instance.Spec.Kv.MaxModelLen}: shorten it, or raise engine.max_model_len."
            : $"The request needs {instance.State.BlocksAtFullLength(sequence)} KV blocks, instance {instance.Spec.Name} has "
            + $"{instance.State.Pool.Total}: shorten it, quantise the KV cache or use more GPUs per instance.",
    };

    public static RequestEnd Failed(string error) => new() { Error = error };

    private static long[] Hops(Sequence sequence)
    {
        var hops = sequence.Timeline.Hops();
        return [.. Enumerable.Range(0, TtftHops.Names.Count).Select(i => hops[i])];
    }
}
