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
}
