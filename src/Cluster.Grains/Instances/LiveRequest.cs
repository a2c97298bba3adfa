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
}
