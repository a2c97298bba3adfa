using System.Diagnostics;
using Cluster.Engine.Faults;
using Cluster.Gateway.Backend;
using Cluster.Grains.Messages;
using Cluster.ServiceDefaults.Tracing;

namespace Cluster.Gateway.Live;

/// <summary>
/// A request that has not ended, over all its placements. Each placement has an id of its own, so that nothing an
/// earlier one still says can be taken for the present one's: no token reaches the client twice.
/// </summary>
internal sealed class Flight(InferenceRequest request, long streamId, long arrivedNs, long tokenizedNs)
{
    private const int PlacementShift = 56;
    private const int MaxPlacements = 100;
    private long _id = streamId;
    private long _lastVisibleNs = -1;
    private int _visible;

    public InferenceRequest Request { get; } = request;

    /// <summary>The same for all placements.</summary>
    public long StreamId { get; } = streamId;

    /// <summary>Of the placement at hand, as instances know it.</summary>
    public long Id => Volatile.Read(ref _id);

    public long ArrivedNs { get; } = arrivedNs;

    public long TokenizedNs { get; } = tokenizedNs;

    public PushStream? Stream { get; set; }

    /// <summary>The request's own span; null when nobody listens.</summary>
    public Activity? Span { get; set; }

    /// <summary>Where the placement at hand went; null before the router has answered.</summary>
    public RouteReply? Route { get; set; }

    /// <summary>Output tokens that were passed to the client.</summary>
    public int Visible => Volatile.Read(ref _visible);

    /// <summary>Hops of the first token, known from the placement that made it, if that is lost.</summary>
    public long[]? FirstHopsNs { get; private set; }

    /// <summary>It has lost so many instances that something else must be wrong.</summary>
    public bool IsWorn => Id >> PlacementShift >= MaxPlacements;

    /// <summary>It was lost several times.</summary>
    public bool IsUnlucky => Id >> PlacementShift > 3;

    /// <summary>Wait before the next try when a call fails.</summary>
    public TimeSpan Backoff => TimeSpan.FromMilliseconds(Math.Min(1000, 20 * (1 + (Id >> PlacementShift))));

    public static long StreamOf(long id) => id & ((1L << PlacementShift) - 1);

    /// <summary>How many instances the request had lost before this placement.</summary>
    public static int PlacementOf(long id) => (int)(id >> PlacementShift);

    public void Saw(int tokens, long nowNs)
    {
        if (tokens == 0) return;
        Volatile.Write(ref _visible, _visible + tokens);
        _lastVisibleNs = nowNs;
    }

    /// <summary>Whether the placement at hand depends on this instance, as far as one can know from here.</summary>
    public bool Needs(string instance) =>
        Route is { } route && (route.DecodeInstance == instance || (route.PrefillInstance == instance && (Visible == 0 || Id >> PlacementShift > 0)));

    /// <summary>Gives the placement up; false when it is not the one at hand any more.</summary>
    /// <param name="hopsNs">Of the first token, if it was made there.</param>
    public bool TryMoveOn(long id, long[]? hopsNs)
    {
        if (Interlocked.CompareExchange(ref _id, id + (1L << PlacementShift), id) != id) return false;
        if (hopsNs is { Length: > 0 }) FirstHopsNs ??= hopsNs;
        return true;
    }

    /// <summary>What is left to do, for the router and an instance.</summary>
    public RequestMessage ToMessage(long nowNs)
    {
        var continues = Visible > 0;
        // To the instance that goes on with it, a request of which tokens are out is new: its TTFT begins now.
        var stations = new StationsMessage { ArrivedNs = continues ? nowNs : ArrivedNs, TokenizedNs = continues ? nowNs : TokenizedNs };
        return RequestMessage.Of(Continuation.Rest(Request.Spec, Visible), Id, stations) with { ContinuesFromNs = _lastVisibleNs, Trace = RequestTracing.ContextOf(Span), AskedNs = Id == StreamId ? TokenizedNs : nowNs };
    }

    /// <summary>The end of a request that no instance takes: turned away, or broken off when an instance had it before.</summary>
    public StreamEnd Refused(string reason) => Id == StreamId
        ? new StreamEnd.Rejected(TimeSpan.FromSeconds(1), reason)
        : new StreamEnd.Failed(
            $"The instance that served the request was lost, and no other could take it over after {Visible} of {Request.Spec.OutputTokens} tokens: {reason}",
            new StreamUsage(0, Visible));
}
