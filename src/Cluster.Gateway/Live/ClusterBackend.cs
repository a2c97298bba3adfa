using System.Collections.Concurrent;
using System.Diagnostics;
using Cluster.Engine.Requests;
using Cluster.Gateway.Backend;
using Cluster.Gateway.Requests;
using Cluster.Grains;
using Cluster.Grains.Messages;
using Cluster.ServiceDefaults.Recording;
using Cluster.ServiceDefaults.Tracing;
using Microsoft.Extensions.Logging.Abstractions;
using Orleans;

namespace Cluster.Gateway.Live;

/// <summary>
/// The live cluster behind the HTTP surface: routes each request through the router grain, hands it to its instance,
/// and passes on the tokens that instances send, one message per step.
/// </summary>
public sealed class ClusterBackend : IInferenceBackend, IGatewayObserver
{
    private IGrainFactory? _grains;
    private readonly ClusterContext _context;
    private readonly StreamFanout _fanout = new();
    private readonly ConcurrentDictionary<long, Flight> _flights = new();
    private IGatewayObserver _self = null!;
    private readonly long _idBase;
    private readonly ConcurrentDictionary<string, string> _incarnations = new(StringComparer.Ordinal);
    private readonly RefusalLog _refusals = new();
    private TopologySnapshot? _snapshot;

    /// <summary>Numbers that a gateway can have; what is above them in a request's id counts its placements.</summary>
    internal const int GatewayNumbers = 1 << 15;

    /// <param name="gateway">Number of this gateway in the cluster: request ids of different gateways must differ.</param>
    public ClusterBackend(ClusterContext context, int gateway = 0)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)gateway, (uint)GatewayNumbers, nameof(gateway));
        _context = context;
        _idBase = (long)gateway << 40;
        Models =
        [
            .. context.Cluster.Instances.GroupBy(i => i.Deployment.Model.Name)
                .Select(g => new ServedModel(g.Key, g.Min(i => i.Kv.MaxModelLen) is < int.MaxValue and var limit ? limit : g.First().Deployment.Model.ContextLength)
                {
                    GivesSeveralTokensAStep = g.Any(i => i.Deployment.Speculation is not null),
                }),
        ];
    }

    public IReadOnlyList<ServedModel> Models { get; }

    public bool IsReady { get; private set; }

    /// <summary>Raised once for each request that reaches its terminal state.</summary>
    public event Action<RequestObservation>? Ended;

    /// <summary>Clients that come now read slowly; null: none does.</summary>
    internal ReaderSlowness? Slowness { get; set; }

    /// <summary>Told of what fails and is tried again.</summary>
    internal ILogger Logger { get; set; } = NullLogger.Instance;

    /// <summary>Raised when a request has come in.</summary>
    public event Action? Arrived;

    /// <summary>Raised with the TTFT, emulated nanoseconds, when a request's first token has left its instance.</summary>
    public event Action<long>? FirstToken;

    /// <summary>Arrival of each request that waits for its first token, emulated nanoseconds.</summary>
    internal IEnumerable<long> WaitingSinceNs => _flights.Values.Where(f => f.Visible == 0).Select(f => f.ArrivedNs);

    /// <summary>The cluster is being stopped: what fails now is not tried again.</summary>
    public bool IsEnding { get; set; }

    /// <summary>Requests that have not ended.</summary>
    public int InFlight => _flights.Count;

    /// <summary>The instances as they last reported; null before the first report.</summary>
    public TopologySnapshot? Snapshot => _snapshot;

    /// <summary>Connects to the running grains and activates every instance, so that no request pays for it.</summary>
    public async Task StartAsync(IGrainFactory grains)
    {
        ArgumentNullException.ThrowIfNull(grains);
        _grains = grains;
        _self = _context.Nearby.Welcome(this, grains);
        await RefreshAsync();
        IsReady = true;
    }

    /// <exception cref="ApiException">503: listeners open before the cluster stands.</exception>
    private IGrainFactory Grains => _grains ?? throw ApiException.StillStarting();

    /// <summary>The supervisor of the running cluster.</summary>
    internal ITopologyGrain Topology => Grains.GetGrain<ITopologyGrain>(_context.Cluster.Name);

    /// <summary>What is broken in it.</summary>
    internal IFaultGrain Faults => Grains.GetGrain<IFaultGrain>(_context.Cluster.Name);

    /// <summary>How its emulated time runs.</summary>
    internal ITimeGrain Time => Grains.GetGrain<ITimeGrain>(_context.Cluster.Name);

    /// <summary>Records of its runs.</summary>
    internal IRunGrain Runs => Grains.GetGrain<IRunGrain>(_context.Cluster.Name);

    internal IRouterGrain Router => Grains.GetGrain<IRouterGrain>(_context.Cluster.Name);

    internal IInstanceGrain Instance(string name) => Grains.GetInstance(_context.Cluster, name);

    /// <summary>Asks every instance how it is.</summary>
    public async Task<TopologySnapshot> RefreshAsync()
    {
        var snapshot = _snapshot = await Topology.GetSnapshotAsync();
        await NoticeLossesAsync(snapshot);
        return snapshot;
    }

    public async ValueTask<IInferenceStream> SubmitAsync(InferenceRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        // A flight begins only where it can end: before the cluster stands, nobody would ever take it off.
        if (!IsReady) throw ApiException.StillStarting();
        var nowNs = _context.Clock.NowNs;
        var arrivedNs = request.ReceivedAtTicks == 0 ? nowNs : Math.Min(nowNs, _context.Clock.ToEmulatedNs(request.ReceivedAtTicks));
        // The emulated front end has taken its time when this one, which is quicker, has waited for the rest of it.
        var tokenizedNs = Math.Max(nowNs, arrivedNs + _context.Cluster.FrontEnd.DurationNs(request.Spec.InputTokens));
        var flight = new Flight(request, _idBase | request.Spec.Id, arrivedNs, tokenizedNs);
        var stream = flight.Stream = _fanout.Add(flight.StreamId, _ => Abort(flight));
        _flights[flight.StreamId] = flight;
        Arrived?.Invoke();
        if (request.Trace is { } trace)
        {
            flight.Span = RequestTracing.StartRequest(
                trace.Operation, request.Spec.Model ?? Models[0].Name, request.RequestId, trace.MaxTokens, trace.TraceParent, trace.TraceState, request.ReceivedAtTicks, trace.Choice);
        }

        if (tokenizedNs > nowNs) await _context.Clock.WaitUntilAsync(tokenizedNs);
        // Whoever hung up meanwhile is not placed any more.
        if (_flights.ContainsKey(flight.StreamId)) await PlaceAsync(flight);
        return Slowness is { } slow && slow.Strikes(nowNs) ? new SlowReader(stream, slow.TokensPerSecond, _context.Clock) : stream;
    }

    /// <summary>Clients of so large a share of the requests under way hang up.</summary>
    public void Disconnect(double share, Func<double> draw)
    {
        ArgumentNullException.ThrowIfNull(draw);
        foreach (var flight in _flights.Values.OrderBy(f => f.StreamId).ToList())
            if (draw() < share) flight.Stream?.Cancel();
    }

    public async ValueTask<bool> ResetPrefixCacheAsync(CancellationToken cancellationToken) =>
        await Topology.ResetPrefixCachesAsync();

    public LoadSnapshot LoadSnapshot()
    {
        if (_snapshot is not { } snapshot) return new LoadSnapshot(_fanout.Open, 0, 0);
        return new LoadSnapshot(snapshot.Instances.Sum(i => i.Running), snapshot.Instances.Sum(i => i.Waiting), snapshot.Instances.Average(i => i.KvUsage));
    }

    public Task OnTokensAsync(TokenBatch batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        var outputs = new StepOutput[batch.Events.Length];
        var count = 0;
        foreach (var token in batch.Events)
        {
            // Gone, or placed anew since: what a lost instance still says is not heard.
            if (!_flights.TryGetValue(Flight.StreamOf(token.RequestId), out var flight) || flight.Id != token.RequestId) continue;
            if (flight.Visible == 0 && token.Count > 0) FirstToken?.Invoke(batch.EmittedNs - flight.ArrivedNs);
            flight.Saw(token.Count, batch.EmittedNs);
            var isLost = token.End is { Lost: true };
            if (token.Count > 0 || !isLost) outputs[count++] = new StepOutput(flight.StreamId, token.Count, token.End is null || isLost ? null : Finish(flight, token.End));
            if (isLost && flight.TryMoveOn(token.RequestId, token.End!.HopsNs)) LeaveForElsewhere(flight, token.RequestId);
        }

        _fanout.Publish(outputs.AsSpan(0, count), _context.Clock.ToTimestamp(batch.EmittedNs));
        return Task.CompletedTask;
    }

    private async Task PlaceAsync(Flight flight)
    {
        var id = flight.Id;
        RouteReply? route = null;
        try
        {
            var message = flight.ToMessage(_context.Clock.NowNs);
            route = await Router.RouteAsync(message);
            if (!route.Placed)
            {
                End(flight, flight.Refused(route.Rejection));
                return;
            }

            flight.Route = route;
            message = message with { Stations = message.Stations with { RoutedNs = route.RoutedNs } };
            var order = new SubmitOrder(message, route.DecodeInstance, _self) { Copy = route.Copy };
            await Grains.GetInstance(_context.Cluster, route.PrefillInstance).SubmitAsync(order);
            _refusals.Taken(route.PrefillInstance);
            // The client may have gone before the instance knew of the request.
            if (!_flights.ContainsKey(flight.StreamId)) AbortEverywhere(route, id);
        }
        catch (Exception failure) when (failure is not OutOfMemoryException)
        {
            if (IsEnding) End(flight, new StreamEnd.Failed("The cluster is shutting down.", new StreamUsage(0, flight.Visible)));
            else await RetryAsync(flight, id, route, failure);
        }
    }

    /// <summary>Whoever did not answer may be moving to another silo: the more often it failed, the longer the wait.</summary>
    private async Task RetryAsync(Flight flight, long id, RouteReply? route, Exception failure)
    {
        _refusals.NotTaken(Logger, id, route?.PrefillInstance ?? "the router", failure);
        await Task.Delay(flight.Backoff);
        await PlaceAnewAsync(flight, id);
    }

    /// <summary>The instance that served this placement is lost: the request goes on elsewhere, with the tokens that its client has.</summary>
    private async Task PlaceAnewAsync(Flight flight, long lostId)
    {
        if (flight.TryMoveOn(lostId, null)) await GoOnElsewhereAsync(flight, lostId); // else somebody noticed first
    }

    /// <summary>Not on the calling thread: that may be the turn of the very instance that is lost.</summary>
    private void LeaveForElsewhere(Flight flight, long lostId) => _ = Task.Run(() => GoOnElsewhereAsync(flight, lostId));

    private async Task GoOnElsewhereAsync(Flight flight, long lostId)
    {
        if (flight.Route is { } route) AbortEverywhere(route, lostId);
        await Router.EndedAsync(lostId);
        // Whatever keeps losing it may need a moment, as a silo does whose loss has yet to be noticed.
        if (flight.IsUnlucky) await Task.Delay(flight.Backoff);
        if (flight.IsWorn) End(flight, flight.Refused("it was placed too often"));
        else if (_flights.ContainsKey(flight.StreamId)) await PlaceAsync(flight);
    }

    /// <summary>Requests on an instance that came up again without its state are lost there, though nobody said so.</summary>
    private async Task NoticeLossesAsync(TopologySnapshot snapshot)
    {
        foreach (var instance in snapshot.Instances)
        {
            var known = _incarnations.GetValueOrDefault(instance.Name, instance.Incarnation);
            _incarnations[instance.Name] = instance.Incarnation;
            if (known == instance.Incarnation) continue;
            await Router.ForgetAsync(instance.Name);
            foreach (var flight in _flights.Values.Where(f => f.Needs(instance.Name)).ToList()) await PlaceAnewAsync(flight, flight.Id);
            await Faults.RemindAsync(instance.Name);
        }
    }

    private StreamEnd? Finish(Flight flight, RequestEnd end)
    {
        if (!_flights.TryRemove(flight.StreamId, out _)) return null;
        end = end with { HopsNs = flight.FirstHopsNs ?? end.HopsNs, CachedTokens = Math.Min(end.CachedTokens, flight.Request.Spec.InputTokens) };
        FlightReport.Of(flight, _context.Clock, Ended, end.Rejected ? RequestOutcome.Rejected : end.Error is null ? RequestOutcome.Completed : RequestOutcome.Failed, end);
        if (end.Rejected) return flight.Refused(end.Error ?? "Rejected.");
        var usage = new StreamUsage(end.CachedTokens, flight.Visible) { Hops = Hops(end.HopsNs) };
        return end.Error is null ? new StreamEnd.Finished(flight.Request.EndsWith, usage) : new StreamEnd.Failed(end.Error, usage);
    }

    private static HopTimes? Hops(long[] ns) =>
        ns.Length < TtftHops.Names.Count ? null : new HopTimes(ns[0], ns[1], ns[2], ns[3], ns[4], ns[5], ns[6]);

    private void Abort(Flight flight)
    {
        End(flight, new StreamEnd.Aborted(new StreamUsage(0, flight.Visible)));
        if (flight.Route is { } route) AbortEverywhere(route, flight.Id);
        _ = Router.EndedAsync(flight.Id);
    }

    private void AbortEverywhere(RouteReply route, long id)
    {
        foreach (var instance in new[] { route.PrefillInstance, route.DecodeInstance }.Distinct())
            _ = Grains.GetInstance(_context.Cluster, instance).AbortAsync(id);
    }

    private void End(Flight flight, StreamEnd end)
    {
        if (!_flights.TryRemove(flight.StreamId, out _)) return;
        FlightReport.Of(flight, _context.Clock, Ended, end switch
        {
            StreamEnd.Aborted => RequestOutcome.Aborted,
            StreamEnd.Rejected => RequestOutcome.Rejected,
            _ => RequestOutcome.Failed,
        }, null);
        _fanout.Publish([new StepOutput(flight.StreamId, 0, end)], Stopwatch.GetTimestamp());
    }
}
