using Cluster.Engine;
using Cluster.Engine.Requests;
using Cluster.Grains.Messages;

namespace Cluster.Grains.Instances;

/// <summary>How requests end, in words a client can act on.</summary>
internal static class Ends
{
    public static RequestEnd Completed(Sequence sequence)
    {
        var hops = sequence.Timeline.Hops();
        return new RequestEnd
        {
            CachedTokens = Math.Max(0, sequence.CachedTokens),
            HopsNs = [.. Enumerable.Range(0, TtftHops.Names.Count).Select(i => hops[i])],
        };
    }

    public static RequestEnd TooLong(Instance instance, Sequence sequence) => new()
    {
        Rejected = true,
        Error = $"The request needs {instance.State.BlocksAtFullLength(sequence)} KV blocks, instance {instance.Spec.Name} has "
            + $"{instance.State.Pool.Total}: shorten it, quantise the KV cache or use more GPUs per instance.",
    };

    public static RequestEnd Failed(string error) => new() { Error = error };
}
