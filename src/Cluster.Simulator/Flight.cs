using Cluster.Engine.Requests;
using Cluster.Engine.Routing;
using Cluster.Engine.Transfer;
using Cluster.Engine.Units;

namespace Cluster.Simulator;

/// <summary>A request on its way, with its state on the one or two instances that serve it.</summary>
internal sealed class Flight(RequestSpec request)
{
    public RequestSpec Request { get; } = request;

    public RequestTimeline Timeline { get; init; } = new();

    public RoutingDecision? Decision { get; set; }

    public Sequence? Prefill { get; set; }

    public Sequence? Decode { get; set; }

    /// <summary>Why it was not placed.</summary>
    public RejectionReason Rejection { get; set; }

    /// <summary>Null before the hand-over begins and when nothing is handed over.</summary>
    public HandOver? HandOver { get; set; }

    /// <summary>Transfers under way, as the links name them.</summary>
    public List<long> Transfers { get; } = [];

    /// <summary>Output tokens that the client has seen.</summary>
    public int VisibleTokens => Timeline.FirstTokenNs == Time.Unset ? 0 : (Decode ?? Prefill)!.Generated;
}
