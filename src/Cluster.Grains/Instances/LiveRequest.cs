using Cluster.Engine.Requests;
using Cluster.Grains.Messages;

namespace Cluster.Grains.Instances;

/// <summary>A request inside an instance grain: the engine's state of it, and whom to tell.</summary>
internal sealed class LiveRequest(RequestMessage message, Sequence sequence, IGatewayObserver gateway)
{
    public RequestMessage Message { get; } = message;

    public Sequence Sequence { get; } = sequence;

    public IGatewayObserver Gateway { get; } = gateway;

    /// <summary>Where its KV goes after prefill; null when it stays.</summary>
    public string? DecodeInstance { get; init; }

    /// <summary>Where its KV comes from; null when the prompt is computed here.</summary>
    public string? PrefillInstance { get; init; }

    /// <summary>The decode instance knows of it.</summary>
    public bool IsAnnounced { get; set; }

    /// <summary>Prompt tokens that the prefill instance had in its cache; −1 when the prompt is computed here.</summary>
    public int PrefillCachedTokens { get; set; } = -1;

    /// <summary>A prefix that has to come before the prompt can be computed; null: none, or it has come.</summary>
    public PrefixCopy? AwaitedCopy { get; set; }

    /// <summary>A request whose prompt is to be computed on this instance.</summary>
    public static LiveRequest Of(SubmitOrder order, string instance)
    {
        var (message, handsOn) = (order.Request, order.DecodeInstance != instance);
        var spec = message.ToSpec();
        var sequence = new Sequence(spec, handsOn ? 1 : spec.OutputTokens)
        {
            Timeline = message.Stations.ToTimeline(),
            ContinuesFromNs = message.ContinuesFromNs,
        };
        return new LiveRequest(message, sequence, order.Gateway) { DecodeInstance = handsOn ? order.DecodeInstance : null, AwaitedCopy = order.Copy };
    }

    /// <summary>A request whose prompt was, or is being, computed elsewhere: its first token comes with its KV.</summary>
    public static LiveRequest Of(HandOver handOver)
    {
        var message = handOver.Request;
        var spec = message.ToSpec();
        var sequence = new Sequence(spec, spec.OutputTokens)
        {
            Timeline = message.Stations.ToTimeline(),
            ContinuesFromNs = message.ContinuesFromNs,
            Generated = 1,
        };
        return new LiveRequest(message, sequence, handOver.Gateway)
        {
            PrefillInstance = handOver.PrefillInstance,
            PrefillCachedTokens = handOver.CachedTokens,
        };
    }
}
