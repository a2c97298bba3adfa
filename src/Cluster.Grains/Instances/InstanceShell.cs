using Cluster.Engine;
using Cluster.Engine.Topology;
using Cluster.Engine.Units;
using Cluster.Grains.Messages;
using Cluster.ServiceDefaults.Recording;
using Microsoft.Extensions.Logging;

namespace Cluster.Grains.Instances;

/// <summary>
/// An engine instance in emulated real time: its requests, the loop that drives it, and the translation of its effects
/// into messages. Everything that decides or computes is in the engine.
/// </summary>
internal sealed class InstanceShell : IDisposable
{
    private readonly Dictionary<long, LiveRequest> _requests = [];
    private readonly ClusterContext _context;
    private readonly InstanceGrain _side;
    private readonly OrderedSender<InstanceReport> _reports;
    private readonly RecentIds _aborted = new(capacity: 4096);
    private readonly ILogger _logger;
    private readonly Outbox _outbox;
    private readonly RequestSpans _spans;
    private readonly StepLoop _loop;
    private readonly Lock _gate;
    private bool _failureReported;

    /// <param name="gate">Keeps turns, step loop and store apart: whoever touches what is here holds it.</param>
    public InstanceShell(
        Lock gate, InstanceSpec spec, ClusterContext context, ClusterMetrics metrics, IRouterGrain router, RankGroups ranks, StoreLine? store, InstanceGrain side, ILogger logger)
    {
        (_gate, _context, _side, _logger) = (gate, context, side, logger);
        _outbox = new Outbox(spec.Name, Find, context.Nearby.WayTo, GiveUpOn);
        _spans = new RequestSpans(spec.Name, context.Clock);
        _reports = new OrderedSender<InstanceReport>(
            report => context.Nearby.Router.TryLeave(report, context.Clock.NowNs) ? Task.CompletedTask : router.ReportAsync(report), ReportLost);
        Ranks = ranks;
        Recorder = new InstanceRecorder(metrics, context, spec);
        Store = store;
        if (store is not null) store.Input = Take;
        Instance = new Instance(spec, _outbox, Recorder, reportTokens: true, store: store);
        _loop = new StepLoop(gate, Instance, context.Clock, ranks, Recorder, Collect, Publish, side.OnStepBegan);
    }

    public Instance Instance { get; }

    public InstanceRecorder Recorder { get; }

    public RankGroups Ranks { get; }

    /// <summary>Its way to the KV store that instances share; null: it has none.</summary>
    public StoreLine? Store { get; }

    /// <summary>It has crashed and is not back.</summary>
    public bool IsDown { get; set; }

    /// <summary>For each turn, while it touches what is here.</summary>
    public Lock.Scope Enter() => _gate.EnterScope();

    public InstanceSnapshot Snapshot(string incarnation) => Snapshots.Of(Instance, _loop) with
    {
        Requests = _requests.Count,
        Incarnation = incarnation,
        Slowdown = Ranks.Slowdown,
        SlowestSteps = [.. Ranks.SlowestSteps],
    };

    /// <summary>The moment to stamp an input with: the one that its message tells, so that its way here costs no emulated time, or else now.</summary>
    public long InputNs(long atNs = Time.Unset) => _loop.InputNs(atNs == Time.Unset ? _context.Clock.NowNs : atNs);

    /// <summary>Carries out what an input caused and sees that the loop runs. Returns at once.</summary>
    public void Kick() => _loop.Kick();

    public LiveRequest? Find(long requestId) => _requests.GetValueOrDefault(requestId);

    /// <summary>Takes a request in; false when it was aborted before it came, or the instance is down: then it goes back to its gateway.</summary>
    public bool TryAdd(LiveRequest request)
    {
        if (_aborted.Contains(request.Message.Id)) return false;
        if (!IsDown)
        {
            _requests.Add(request.Message.Id, request);
            return true;
        }

        _outbox.End(request, Ends.Lost(request.Sequence));
        Publish();
        return false;
    }

    public void Remove(LiveRequest request)
    {
        _requests.Remove(request.Message.Id);
        _outbox.Forget();
    }

    /// <summary>Its client has gone, or it was placed elsewhere. One that is still on its way here will not be let in.</summary>
    public void Abort(long requestId)
    {
        _aborted.Add(requestId);
        if (Find(requestId) is not { } request) return;
        if (request.AwaitedCopy is not null) LeaveAborted(request);
        else Instance.Abort(request.Sequence, InputNs());
        Kick();
    }

    /// <summary>All is lost; the step in progress never ends.</summary>
    public void Crash()
    {
        IsDown = true;
        _loop.Interrupt();
        Instance.Crash();
        foreach (var request in _requests.Values.OrderBy(r => r.Message.Id).ToList())
        {
            Remove(request);
            _side.Leave(request);
            RecordEnd(request, FinishReason.Abort, "lost");
            _outbox.End(request, Ends.Lost(request.Sequence));
        }

        Publish();
    }

    public void Dispose()
    {
        using var entered = Enter();
        _loop.Stop();
        Recorder.Dispose();
        _ = LeaveStoreAsync();
    }

    /// <summary>Sends what must not be lost, again if need be; returns at once.</summary>
    public void Insist(Func<Task> send) => Resending.Default.Send(send, _logger, Instance.Spec.Name);

    /// <summary>It asks no more of the store, and hears no more of it.</summary>
    public Task LeaveStoreAsync() => Store?.LeaveAsync() ?? Task.CompletedTask;

    private void Take(long atNs, Action input)
    {
        InputNs(atNs);
        input();
        Kick();
    }

    private void ReportLost(Exception failure)
    {
        // The runtime stops, or the router's silo is gone: a router that comes up elsewhere begins anew in any case.
        if (failure is not SiloUnavailableException) GrainLog.ReportLost(_logger, Instance.Spec.Name, failure);
    }

    /// <summary>Carries out what the engine's last move caused; what is to be said of it waits for <see cref="Publish"/>.</summary>
    private void Collect()
    {
        _outbox.Tokens(Instance.Decoded);
        foreach (var (sequence, count) in Instance.Tokens)
            if (Find(sequence.Id) is { } request) _outbox.Tokens(request, count);
        for (var i = 0; i < Instance.Effects.Count; i++) Translate(Instance.Effects[i]);
        Instance.ClearEffects();
        Instance.ClearTokens();
    }

    private void Publish()
    {
        Collect();
        ReportFailure();
        Recorder.Publish(Instance);
        var nowNs = _context.Clock.NowNs;
        _outbox.SendTokens(nowNs);
        _reports.Send(_outbox.TakeReport(Instance, nowNs));
    }

    private void Translate(InstanceEffect effect)
    {
        if (Find(effect.Sequence.Id) is not { } request) return;
        switch (effect.Kind)
        {
            case InstanceEffectKind.FirstToken:
                Recorder.FirstToken(request.Sequence.Timeline);
                _spans.FirstToken(request);
                // A handed-over request's prefill has ended on the instance it came from.
                if (request.PrefillInstance is null) _outbox.PrefillEnded(request.Message.Id);
                break;
            case InstanceEffectKind.PrefillComplete:
                _outbox.PrefillEnded(request.Message.Id);
                _spans.PromptComputed(request);
                _side.OnPrefillCompleted(request);
                break;
            case InstanceEffectKind.KvReserved: _side.OnKvReserved(request, effect.Tokens); break;
            case InstanceEffectKind.Finished: End(request, Ends.Completed(request), FinishReason.Length); break;
            case InstanceEffectKind.Rejected: End(request, Ends.TooLong(Instance, request.Sequence), FinishReason.Error); break;
            case InstanceEffectKind.Aborted: LeaveAborted(request); break;
            default: throw new InvalidOperationException($"Unknown effect {effect.Kind}.");
        }
    }

    private void LeaveAborted(LiveRequest request)
    {
        Remove(request);
        _side.Leave(request);
        RecordEnd(request, FinishReason.Abort, "aborted");
        _outbox.EndSilently(request.Message.Id);
    }

    private void End(LiveRequest request, RequestEnd end, FinishReason reason)
    {
        Remove(request);
        RecordEnd(request, reason, end switch { { Lost: true } => "lost", { Error: not null } => "failed", _ => "completed" });
        _outbox.End(request, end);
    }

    private void RecordEnd(LiveRequest request, FinishReason reason, string outcome)
    {
        var nowNs = _context.Clock.NowNs;
        Recorder.Ended(request.Sequence, reason, nowNs);
        _spans.Ended(request, nowNs, outcome);
    }

    /// <summary>Tokens did not reach a gateway: its requests cannot be completed any more.</summary>
    private void GiveUpOn(IGatewayObserver gateway, Exception failure)
    {
        GrainLog.TokensLost(_logger, Instance.Spec.Name, failure);
        using var entered = Enter();
        foreach (var request in _requests.Values.Where(r => r.Gateway.Equals(gateway)).ToList())
        {
            _side.Leave(request);
            End(request, Ends.Failed($"Tokens of instance {Instance.Spec.Name} were lost on their way: {failure.Message}"), FinishReason.Abort);
            Instance.Abort(request.Sequence, InputNs());
        }

        Kick();
    }

    private void ReportFailure()
    {
        if (_loop.Failure is not { } failure || _failureReported) return;
        _failureReported = true;
        GrainLog.StepLoopFailed(_logger, Instance.Spec.Name, failure);
        // What a lost rank took with it can be computed elsewhere; what a fault of ours left behind is better not touched again.
        foreach (var request in _requests.Values.ToList())
            End(request, failure is RankLostException ? Ends.Lost(request.Sequence) : Ends.Failed($"Instance {Instance.Spec.Name} broke: {failure.Message}"), FinishReason.Error);
        _side.Break();
    }
}
