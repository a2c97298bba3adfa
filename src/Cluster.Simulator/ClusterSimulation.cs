using Cluster.Engine;
using Cluster.Engine.Autoscaling;
using Cluster.Engine.Diagnosis;
using Cluster.Engine.Faults;
using Cluster.Engine.KvCache.Tiers;
using Cluster.Engine.Requests;
using Cluster.Engine.Routing;
using Cluster.Engine.Topology;
using Cluster.Engine.Transfer;
using Cluster.Engine.Units;
using Cluster.Simulator.Events;
using Cluster.Simulator.Recording;

namespace Cluster.Simulator;

/// <summary>
/// The virtual-time driver: runs a cluster's state machines against an event queue instead of a clock. All inputs of
/// one moment are seen before any instance begins its next step.
/// </summary>
public sealed partial class ClusterSimulation
{
    private readonly ClusterSpec _begunAs;
    private ClusterSpec _cluster;
    private readonly Arrivals _arrivals;
    private readonly EventQueue _events = new();
    private readonly InstanceSet _instances;
    private readonly Router _router;
    private readonly Oracle? _oracle;
    private readonly DurationHistogram? _regrets;
    private readonly SharedKvStores _stores;
    private readonly Dictionary<long, Flight> _flights = [];
    private readonly List<Flight> _landed = [];
    private readonly Stack<Flight> _spares = new();
    private readonly bool _reusesFlights;
    private readonly TouchedSet _touched;
    private readonly RequestLog _records = new();
    private readonly DurationHistogram _gaps = new();
    private long _nowNs;
    private long _begunNs = Time.Unset;
    private ulong _log;
    private long _handled;

    private readonly ISimulationObserver? _observer;

    private ClusterSimulation(ClusterSpec cluster, Workload workload, SimulationOptions options)
    {
        _begunAs = _cluster = cluster;
        _observer = options.Observer;
        _reusesFlights = options.ReuseFlights;
        _router = new Router(cluster, _observer?.LogsDecisions ?? false);
        if (_observer is { LogsDecisions: true }) (_oracle, _regrets) = (new Oracle(cluster), new DurationHistogram());
        _touched = new TouchedSet(cluster.Instances.Length);
        _stores = new SharedKvStores(cluster);
        _instances = new InstanceSet(this, options.SkipAhead && !_router.UsesLoadReports && _observer is not { WantsEveryStep: true });
        _desk = cluster.Link is null ? null : new HandOverDesk(cluster.Link, cluster.Transfer, cluster.Instances, cluster.FabricBytesPerSecond);
        _arrivals = new Arrivals(workload);
        _faults = FaultTimeline.Of(cluster.Faults);
        _planner = cluster.Autoscale is { } autoscale ? new Planner(cluster, autoscale) : null;
        _onNs = new long[cluster.Instances.Length];
        _onSinceNs = new long[cluster.Instances.Length];
        _startups = new int[cluster.Instances.Length];
        _gpuNs = new double[cluster.Instances.Length];
        _gpusSinceNs = new long[cluster.Instances.Length];
        _closings = new int[cluster.Instances.Length];
    }

    /// <summary>Runs the workload to its end.</summary>
    /// <param name="observer">Sees steps, transfers and ends as they happen; null for full speed.</param>
    /// <exception cref="InvalidOperationException">Requests are left that nothing will ever serve: a bug, reported rather than hidden.</exception>
    public static RunRecord Run(
        ClusterSpec cluster, Workload workload, ISimulationObserver? observer = null, CancellationToken cancellation = default) =>
        RunWith(new SimulationOptions { Observer = observer }, cluster, workload, cancellation);

    /// <inheritdoc cref="Run(ClusterSpec, Workload, ISimulationObserver, CancellationToken)"/>
    public static RunRecord RunWith(SimulationOptions options, ClusterSpec cluster, Workload workload, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(cluster);
        ArgumentNullException.ThrowIfNull(workload);
        ArgumentNullException.ThrowIfNull(options);
        var simulation = new ClusterSimulation(cluster, workload, options);
        simulation.RunToEnd(cancellation);
        return simulation.Record();
    }

    private void RunToEnd(CancellationToken cancellation)
    {
        BeginAutoscaling();
        ScheduleFaults();
        ScheduleArrival();
        while (NextNs < Time.Never)
        {
            if (_instances.NextEndNs == NextNs) EndStep();
            else Handle(_events.Take());
            if (NextNs > _nowNs) BeginSteps();
            if ((++_handled & 0xFFFF) == 0) cancellation.ThrowIfCancellationRequested();
        }

        if (_flights.Count > 0)
            throw new InvalidOperationException($"{_flights.Count} requests never ended, the first is {_flights.Keys.Min()}: the cluster stalled at {Time.ToSeconds(_nowNs)} s.");
    }

    /// <summary>When something happens next; of what happens at one moment, ends of steps go first.</summary>
    private long NextNs => Math.Min(_instances.NextEndNs, _events.NextNs);

    private void Handle(in Event next)
    {
        _nowNs = next.TimeNs;
        switch (next.Kind)
        {
            case EventKind.Arrival: Arrive(); break;
            case EventKind.Routed: if (_flights.TryGetValue(next.Target, out var routed)) Place(routed); break;
            case EventKind.Onboard: Touch((int)next.Target); break;
            case EventKind.Plan: Plan(); break;
            case EventKind.Provisioned: Provisioned(next.Target); break;
            case EventKind.Loaded: Open((int)next.Target); break;
            case EventKind.Fault: Strike(_faults[(int)next.Target]); break;
            case EventKind.Transfer: AdvanceDesk(); break;
            case EventKind.Store: foreach (var index in _stores.Advance(_nowNs)) Touch(index); break;
            case EventKind.Read: if (_reading.Remove(next.Target, out var reader)) Write(reader, RequestOutcome.Completed); break;
            case EventKind.Abort when _reading.Remove(next.Target, out var gone): Write(gone, RequestOutcome.Aborted); break;
            case EventKind.Abort: if (_flights.TryGetValue(next.Target, out var aborted)) Abort(aborted); break;
            default: throw new InvalidOperationException($"Unknown event {next.Kind}.");
        }
    }

    private void ScheduleArrival()
    {
        if (_arrivals.NextNs != Time.Never) _events.Schedule(Math.Max(_nowNs, _arrivals.NextNs), EventKind.Arrival, 0);
    }

    private void Arrive()
    {
        // Another arrival, scheduled for the same moment, may have taken this one's turn.
        while (_arrivals.NextNs <= _nowNs)
        {
            var flight = TakeOff(_arrivals.Take(_nowNs));
            _flights.Add(flight.Request.Id, flight);
            _planner?.Arrived();
            flight.Timeline.ArrivedNs = _nowNs;
            flight.ReadsPerSecond = DrawReadingSpeed();
            flight.Timeline.TokenizedNs = _nowNs + _cluster.FrontEnd.DurationNs(flight.Request.InputTokens);
            var routedNs = flight.Timeline.TokenizedNs + _cluster.Router.DecisionNs;
            if (flight.Request.PatienceNs is { } patience) _events.Schedule(_nowNs + patience, EventKind.Abort, flight.Request.Id);
            if (routedNs == _nowNs) Place(flight);
            else _events.Schedule(routedNs, EventKind.Routed, flight.Request.Id);
        }

        ScheduleArrival();
    }

    private void Place(Flight flight)
    {
        flight.LegTimeline.RoutedNs = _nowNs;
        _instances.TellEvictions(flight.Leg);
        var decision = _router.Route(flight.Leg, _nowNs);
        if (decision is not null) _instances.Fetch(decision.PrefillInstance);
        flight.Placement = decision is null ? null : new Placement(decision);
        if (decision is null)
        {
            flight.Rejection = flight.Reroutes == 0 ? _router.Rejection : RejectionReason.InstanceLost;
            End(flight, flight.Reroutes == 0 ? RequestOutcome.Rejected : RequestOutcome.Failed);
            return;
        }

        if (_oracle is not null) decision = Judge(flight, decision);
        Log((ulong)flight.Request.Id, (ulong)decision.PrefillInstance << 32 | (uint)decision.DecodeInstance);
        _observer?.Placed(flight.Request, decision);
        if (decision.CopySource >= 0) StartCopy(flight);
        else EnqueuePrefill(flight);
    }

    private void EnqueuePrefill(Flight flight)
    {
        var index = flight.Placement!.Value.PrefillInstance;
        var instance = _instances.ForNewcomer(index);
        instance.Enqueue(flight.BeginPrefill(), _nowNs);
        Came(index, instance);
    }

    private void EndStep()
    {
        _nowNs = _instances.NextEndNs;
        var index = _instances.TakeEnding(out var instance);
        instance.EndStep(_nowNs);
        if (_router.UsesLoadReports)
            _router.Report(index, new InstanceLoad(instance.State.Running, instance.State.WaitingCount, instance.State.Pool.Usage), _nowNs);
        Touch(index);
    }

    private void Touch(int index) => _touched.Add(index);

    private void BeginSteps()
    {
        EndResizes();
        // Carrying out effects can touch further instances: those still to come in this round, the others in one more.
        while (_touched.TryTake(out var index))
        {
            var instance = _instances[index];
            CarryOut(instance);
            if (instance.IsStepping) continue;
            if (!instance.TryBeginStep(_nowNs, out var step))
            {
                if (instance.NextOnboardNs != Time.Never) _events.Schedule(instance.NextOnboardNs, EventKind.Onboard, index);
                continue;
            }

            CarryOut(instance);
            if (_cluster.Transfer.LayerwiseOverlap) SendLayers(instance);
            _observer?.StepBegan(index, instance, in step);
            _instances.Began(index);
        }

        if (_stores.Any) ScheduleStores();
        // Every effect is carried out by now: none names a request that has ended.
        foreach (var flight in _landed) _spares.Push(flight);
        _landed.Clear();
        _begunNs = _nowNs;
    }

    private void CarryOut(Instance instance)
    {
        if (!instance.HasEffects) return;
        for (var i = 0; i < instance.Effects.Count; i++)
        {
            var effect = instance.Effects[i];
            // An end seen from one instance leaves effects of the other behind, and so does a new placement.
            if (effect.Sequence.Owner is not Flight { IsUnderWay: true } flight) continue;
            if (effect.Sequence != flight.Prefill && effect.Sequence != flight.Decode) continue;
            switch (effect.Kind)
            {
                case InstanceEffectKind.FirstToken:
                    if (flight.Reroutes == 0) _planner?.FirstToken(flight.Timeline.TtftNs);
                    if (flight.Placement!.Value.IsLocal) PrefillEnded(flight);
                    break;
                case InstanceEffectKind.PrefillComplete: HandOver(flight); break;
                case InstanceEffectKind.KvReserved: Reserved(flight, effect.Tokens); break;
                case InstanceEffectKind.Finished: Finish(flight); break;
                case InstanceEffectKind.Rejected:
                    flight.Rejection = flight.Reroutes == 0 ? RejectionReason.TooLong : RejectionReason.InstanceLost;
                    End(flight, flight.Reroutes == 0 ? RequestOutcome.Rejected : RequestOutcome.Failed);
                    break;
                case InstanceEffectKind.Aborted: End(flight, RequestOutcome.Aborted); break;
                default: throw new InvalidOperationException($"Nothing in virtual time causes {effect.Kind}.");
            }
        }

        instance.ClearEffects();
    }

    private void End(Flight flight, RequestOutcome outcome)
    {
        Settle(flight);
        Write(flight, outcome);
    }

    /// <summary>The cluster has done with the request: it holds nothing any more.</summary>
    private void Settle(Flight flight)
    {
        _flights.Remove(flight.Request.Id);
        flight.IsUnderWay = false;
        _router.Ended(flight.Request.Id, _nowNs);
        _oracle?.PrefillEnded(flight.Request.Id);
        Leave(flight);
    }

    /// <summary>The request's terminal state goes on record.</summary>
    private void Write(Flight flight, RequestOutcome outcome)
    {
        var (request, line) = (flight.Request, flight.Timeline);
        var completed = outcome == RequestOutcome.Completed;
        var cached = Math.Min(request.InputTokens, Math.Max(0, flight.Prefill?.CachedTokens ?? 0));
        var record = new RequestRecord(
            request.Id, outcome, line.ArrivedNs, _nowNs, request.InputTokens, flight.VisibleTokens, cached,
            completed ? line.TtftNs : 0, completed ? line.Hops() : default,
            flight.Placement?.PrefillInstance ?? -1, flight.Placement?.DecodeInstance ?? -1)
        {
            Rejection = flight.Rejection,
            Reroutes = flight.Reroutes,
        };
        _records.Add(in record);
        _observer?.Ended(in record);
        if (completed) _planner?.Completed(request, cached, record.TpotNs);
        Log((ulong)line.FirstTokenNs, (ulong)_nowNs);
        if (_arrivals.Ended(request, _nowNs)) ScheduleArrival();
        if (_reusesFlights && flight.MayBeReused) _landed.Add(flight);
    }

    private Flight TakeOff(RequestSpec request)
    {
        if (!_spares.TryPop(out var flight)) return new Flight(request);
        flight.Begin(request);
        return flight;
    }

    private void Log(ulong a, ulong b) => _log = Hashing.Mix(Hashing.Mix(_log, a), b);
}
