using Cluster.Engine.Faults;
using Cluster.Engine.Requests;
using Cluster.Engine.Routing;
using Cluster.Engine.Transfer;
using Cluster.Engine.Units;

namespace Cluster.Simulator;

/// <summary>A request on its way, with its state on the one or two instances that serve it.</summary>
internal sealed class Flight(RequestSpec request)
{
    private RequestTimeline? _legTimeline;
    private List<long>? _transfers;

    public RequestSpec Request { get; } = request;

    /// <summary>Its stations; the hops of its TTFT are those of the placement that made the first token.</summary>
    public RequestTimeline Timeline { get; private set; } = new();

    /// <summary>What is left of the request: all of it, unless an instance that served it was lost.</summary>
    public RequestSpec Leg { get; private set; } = request;

    /// <summary>Stations of the placement at hand; <see cref="Timeline"/> until the client has tokens of an earlier one.</summary>
    public RequestTimeline LegTimeline => _legTimeline ?? Timeline;

    /// <summary>When the client got the last token of an instance that was lost since; <see cref="Time.Unset"/> if none.</summary>
    public long CarriedUntilNs { get; private set; } = Time.Unset;

    /// <summary>Nobody waits for it any more, though it may be inside a step.</summary>
    public bool ClientIsGone { get; set; }

    /// <summary>Tokens per second that its client reads; null: as they come.</summary>
    public double? ReadsPerSecond { get; set; }

    /// <summary>Placements after the first.</summary>
    public int Reroutes { get; private set; }

    public RoutingDecision? Decision { get; set; }

    public Sequence? Prefill { get; set; }

    public Sequence? Decode { get; set; }

    /// <summary>Why it was not placed.</summary>
    public RejectionReason Rejection { get; set; }

    /// <summary>Null before the hand-over begins and when nothing is handed over.</summary>
    public HandOver? HandOver { get; set; }

    /// <summary>Transfers under way, as the links name them.</summary>
    public List<long> Transfers => _transfers ??= [];

    public bool HasTransfers => _transfers is { Count: > 0 };

    /// <summary>Output tokens that the client has seen.</summary>
    public int VisibleTokens => Request.OutputTokens - Leg.OutputTokens
        + (LegTimeline.FirstTokenNs == Time.Unset || (Decode ?? Prefill) is not { } last ? 0 : last.Generated);

    /// <summary>The instance is lost: what the client has becomes prompt, all else is to be done again.</summary>
    public void CarryOver()
    {
        var visible = VisibleTokens;
        if (LegTimeline.FirstTokenNs != Time.Unset)
        {
            CarriedUntilNs = (Decode ?? Prefill)!.LastTokenNs;
            _legTimeline = new RequestTimeline { ArrivedNs = Request.ArrivalNs };
        }
        else if (_legTimeline is null)
        {
            Timeline = new RequestTimeline { ArrivedNs = Timeline.ArrivedNs, TokenizedNs = Timeline.TokenizedNs };
        }

        Leg = Continuation.Rest(Request, visible);
        Reroutes++;
        Decision = null;
        Prefill = Decode = null;
    }
}
