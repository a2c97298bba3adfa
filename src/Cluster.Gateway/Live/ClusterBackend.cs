using System.Collections.Concurrent;
using System.Diagnostics;
using Cluster.Engine.Requests;
using Cluster.Gateway.Backend;
using Cluster.Gateway.Responses;
using Cluster.Grains;
using Cluster.Grains.Messages;
using Cluster.ServiceDefaults.Recording;
using Cluster.ServiceDefaults.Tracing;
using Orleans;

namespace Cluster.Gateway.Live;

/// <summary>
/// The live cluster behind the HTTP surface: routes each request through the router grain, hands it to its instance,
/// and passes on the tokens that instances send, one message per step.
/// </summary>
public sealed class ClusterBackend : IInferenceBackend, IGatewayObserver
{
    private IGrainFactory _grains = null!;
    private readonly ClusterContext _context;
    private readonly StreamFanout _fanout = new();
    private readonly ConcurrentDictionary<long, Flight> _flights = new();
    private IGatewayObserver _self = null!;
    private readonly long _idBase;
    private TopologySnapshot? _snapshot;

    /// <param name="gateway">Number of this gateway in the cluster: request ids of different gateways must differ.</param>
    public ClusterBackend(ClusterContext context, int gateway = 0)
    {
        ArgumentNullException.ThrowIfNull(context);
        _context = context;
        _idBase = (long)gateway << 40;
        Models = [.. context.Cluster.Instances.Select(i => i.Deployment.Model).DistinctBy(m => m.Name).Select(m => new ServedModel(m.Name, m.ContextLength))];
    }

    public IReadOnlyList<ServedModel> Models { get; }

    public bool IsReady { get; private set; }

    /// <summary>Raised once for each request that reaches its terminal state.</summary>
    public event Action<RequestObservation>? Ended;

    /// <summary>Requests that have not ended.</summary>
    public int InFlight => _flights.Count;

    /// <summary>The instances as they last reported; null before the first report.</summary>
    public TopologySnapshot? Snapshot => _snapshot;

    /// <summary>Connects to the running grains and activates every instance, so that no request pays for it.</summary>
    public async Task StartAsync(IGrainFactory grains)
    {
        ArgumentNullException.ThrowIfNull(grains);
        _grains = grains;
        _self = grains.CreateObjectReference<IGatewayObserver>(this);
        await RefreshAsync();
        IsReady = true;
    }

    /// <summary>The supervisor of the running cluster.</summary>
    internal ITopologyGrain Topology => _grains.GetGrain<ITopologyGrain>(_context.Cluster.Name);

    internal IRouterGrain Router => _grains.GetGrain<IRouterGrain>(_context.Cluster.Name);

    /// <summary>Asks every instance how it is.</summary>
    public async Task<TopologySnapshot> RefreshAsync() =>
        _snapshot = await Topology.GetSnapshotAsync();

    public async ValueTask<IInferenceStream> SubmitAsync(InferenceRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        var id = _idBase | request.Spec.Id;
        var nowNs = _context.Clock.NowNs;
        var stations = new StationsMessage
        {
            ArrivedNs = request.ReceivedAtTicks == 0 ? nowNs : Math.Min(nowNs, _context.Clock.ToEmulatedNs(request.ReceivedAtTicks)),
            TokenizedNs = nowNs,
        };
        var message = RequestMessage.Of(request.Spec, id, stations);
        var flight = new Flight(request, stations.ArrivedNs);
        var stream = flight.Stream = _fanout.Add(id, _ => Abort(flight, id));
        _flights[id] = flight;
        if (request.Trace is { } trace)
        {
            flight.Span = RequestTracing.StartRequest(
                trace.Operation, message.Model ?? Models[0].Name, request.RequestId, trace.MaxTokens, trace.TraceParent, trace.TraceState, request.ReceivedAtTicks);
        }

        try
        {
            var route = await Router.RouteAsync(message);
            if (!route.Placed)
            {
                End(id, new StreamEnd.Rejected(TimeSpan.FromSeconds(1), route.Rejection));
                return stream;
            }

            flight.Route = route;
            message = message with { Stations = stations with { RoutedNs = route.RoutedNs } };
            await _grains.GetInstance(_context.Cluster, route.PrefillInstance).SubmitAsync(new SubmitOrder(message, route.DecodeInstance, _self));
            // The client may have gone before the instance knew of the request.
            if (!_flights.ContainsKey(id) && stream.HasEnded) AbortEverywhere(route, id);
        }
        catch (Exception failure) when (failure is not OutOfMemoryException)
        {
            End(id, new StreamEnd.Failed($"The cluster did not take the request: {failure.Message}", default));
            await Router.EndedAsync(id);
        }

        return stream;
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
        for (var i = 0; i < outputs.Length; i++)
        {
            var token = batch.Events[i];
            outputs[i] = new StepOutput(token.RequestId, token.Count, token.End is null ? null : Finish(token));
        }

        _fanout.Publish(outputs, _context.Clock.ToTimestamp(batch.EmittedNs));
        return Task.CompletedTask;
    }

    private sealed class Flight(InferenceRequest request, long arrivedNs)
    {
        public long ArrivedNs { get; } = arrivedNs;
        public InferenceRequest Request { get; } = request;
        public PushStream? Stream { get; set; }

        /// <summary>The request's own span; null when nobody listens.</summary>
        public Activity? Span { get; set; }
        public RouteReply? Route { get; set; }
    }

    private StreamEnd? Finish(TokenEvent token)
    {
        if (!_flights.TryRemove(token.RequestId, out var flight)) return null;
        var end = token.End!;
        Report(flight, end.Rejected ? RequestOutcome.Rejected : end.Error is null ? RequestOutcome.Completed : RequestOutcome.Failed, end);
        if (end.Rejected) return new StreamEnd.Rejected(TimeSpan.FromSeconds(1), end.Error ?? "Rejected.");
        var usage = new StreamUsage(end.CachedTokens, flight.Request.Spec.OutputTokens) { Hops = Hops(end.HopsNs) };
        return end.Error is null ? new StreamEnd.Finished(flight.Request.EndsWith, usage) : new StreamEnd.Failed(end.Error, usage);
    }

    private void Report(Flight flight, RequestOutcome outcome, RequestEnd? end)
    {
        var ns = end?.HopsNs ?? [];
        var hops = ns.Length < TtftHops.Names.Count ? default : new TtftHops(ns[0], ns[1], ns[2], ns[3], ns[4], ns[5], ns[6]);
        var spec = flight.Request.Spec;
        var completed = outcome == RequestOutcome.Completed;
        var e2eNs = _context.Clock.NowNs - flight.ArrivedNs;
        var tpotNs = completed && spec.OutputTokens > 1 ? (e2eNs - hops.TotalNs) / (double)(spec.OutputTokens - 1) : double.NaN;
        var observed = new RequestObservation(
            outcome, completed ? hops.TotalNs : -1, tpotNs, e2eNs, hops, spec.InputTokens, end?.CachedTokens ?? 0,
            // The last tokens are still on their way to the stream.
            completed ? spec.OutputTokens : flight.Stream?.Pushed ?? 0);
        Ended?.Invoke(observed);
        RequestTracing.AddHops(flight.Span, in observed, _context.Clock.Scale, flight.Route?.PrefillInstance, flight.Route?.DecodeInstance);
        RequestTracing.Finish(flight.Span, in observed, completed ? StreamingResponder.Word(flight.Request.EndsWith) : null, end?.Error);
    }

    private static HopTimes? Hops(long[] ns) =>
        ns.Length < TtftHops.Names.Count ? null : new HopTimes(ns[0], ns[1], ns[2], ns[3], ns[4], ns[5], ns[6]);

    private void Abort(Flight flight, long id)
    {
        End(id, new StreamEnd.Aborted(new StreamUsage(0, flight.Stream?.Pushed ?? 0)));
        if (flight.Route is { } route) AbortEverywhere(route, id);
    }

    private void AbortEverywhere(RouteReply route, long id)
    {
        foreach (var instance in new[] { route.PrefillInstance, route.DecodeInstance }.Distinct())
            _ = _grains.GetInstance(_context.Cluster, instance).AbortAsync(id);
    }

    private void End(long id, StreamEnd end)
    {
        if (!_flights.TryRemove(id, out var flight)) return;
        Report(flight, end switch
        {
            StreamEnd.Aborted => RequestOutcome.Aborted,
            StreamEnd.Rejected => RequestOutcome.Rejected,
            _ => RequestOutcome.Failed,
        }, null);
        _fanout.Publish([new StepOutput(id, 0, end)], Stopwatch.GetTimestamp());
    }
}
