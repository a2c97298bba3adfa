using Cluster.Engine.Faults;
using Cluster.Engine.Requests;
using Cluster.Engine.Routing;
using Cluster.Engine.Units;

namespace Cluster.Simulator;

/// <summary>Where a request was placed.</summary>
/// <param name="OverlapBlocks">Blocks that the router believes the prefill instance has.</param>
/// <param name="CopySource">Instance to copy the leading <paramref name="CopyTokens"/> of the prompt from; −1: none.</param>
internal readonly record struct Placement(int PrefillInstance, int DecodeInstance, int OverlapBlocks, int CopySource, int CopyTokens)
{
    public Placement(RoutingDecision decision)
        : this(decision.PrefillInstance, decision.DecodeInstance, decision.OverlapBlocks, decision.CopySource, decision.CopyTokens)
    {
    }

    public bool IsLocal => PrefillInstance == DecodeInstance;
}

/// <summary>A request on its way, with its state on the one or two instances that serve it.</summary>
internal sealed class Flight(RequestSpec request)
{
    private RequestTimeline? _legTimeline;
    private Sequence? _spare;
    private Sequence? _spareDecode;

    public RequestSpec Request { get; private set; } = request;

    /// <summary>The cluster has not done with it.</summary>
    public bool IsUnderWay { get; set; } = true;

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

    public Placement? Placement { get; set; }

    public Sequence? Prefill { get; private set; }

    public Sequence? Decode { get; private set; }

    /// <summary>Why it was not placed.</summary>
    public RejectionReason Rejection { get; set; }

    /// <summary>The hand-over desk knows of it: KV of it is to cross a link, or crosses it.</summary>
    public bool IsAtDesk { get; set; }

    /// <summary>Output tokens that the client has seen.</summary>
    public int VisibleTokens => Request.OutputTokens - Leg.OutputTokens
        + (LegTimeline.FirstTokenNs == Time.Unset || (Decode ?? Prefill) is not { } last ? 0 : last.Generated);

    /// <summary>Whether nobody can come upon it again, so that another request may have it: see <see cref="Begin"/>.</summary>
    public bool MayBeReused => Reroutes == 0 && !IsUnderWay && Prefill is not { MayBeReused: false } && Decode is not { MayBeReused: false };

    /// <summary>
    /// Becomes that of another request, with its sequences and its timeline: what lives as long as a request is what a collection
    /// would have to move.
    /// </summary>
    public void Begin(RequestSpec request)
    {
        (Request, Leg, IsUnderWay, Placement, Rejection) = (request, request, true, null, RejectionReason.None);
        (_spare, _spareDecode) = (Prefill ?? _spare, Decode ?? _spareDecode);
        (Prefill, Decode, IsAtDesk, ReadsPerSecond, ClientIsGone) = (null, null, false, null, false);
        Timeline.Clear();
    }

    /// <summary>The sequence on the instance that computes the prompt.</summary>
    public Sequence BeginPrefill()
    {
        Prefill = Make(ref _spare, Placement!.Value.IsLocal ? Leg.OutputTokens : 1);
        return Prefill;
    }

    /// <summary>The sequence on the instance that takes the request over.</summary>
    public Sequence BeginDecode()
    {
        Decode = Make(ref _spareDecode, Leg.OutputTokens);
        Decode.Generated = 1;
        return Decode;
    }

    private Sequence Make(ref Sequence? spare, int targetTokens)
    {
        var sequence = spare;
        spare = null;
        if (sequence is null) sequence = new Sequence(Leg, targetTokens) { Timeline = LegTimeline, Owner = this };
        else sequence.Reuse(Leg, targetTokens, LegTimeline);
        sequence.ContinuesFromNs = CarriedUntilNs;
        return sequence;
    }

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
        Placement = null;
        Prefill = Decode = null;
    }
}
