using Cluster.Engine;
using Cluster.Engine.Requests;
using Cluster.Grains.Messages;
using Cluster.ServiceDefaults.Recording;
using Microsoft.Extensions.Logging;

namespace Cluster.Grains.Instances;

/// <summary>
/// What prefill and decode grains share: an engine instance, the loop that drives it, and the translation of its
/// effects into messages. Everything that decides or computes is in the engine.
/// </summary>
#pragma warning disable CA1001 // OnDeactivateAsync disposes of the recorder
public abstract class InstanceGrain(ClusterContext context, ClusterMetrics metrics, ILogger logger) : Grain
#pragma warning restore CA1001
{
    private readonly Dictionary<long, LiveRequest> _requests = [];
    private Outbox _outbox = null!;
    private StepLoop _loop = null!;
    private OrderedSender<InstanceReport> _reports = null!;
    private InstanceRecorder _recorder = null!;
    private bool _failureReported;

    protected ClusterContext Context { get; } = context;

    protected Instance Instance { get; private set; } = null!;

    protected string Name { get; private set; } = "";

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        Name = GrainKeys.Split(this.GetPrimaryKeyString()).Instance;
        _outbox = new Outbox(Name, GiveUpOn);
        var router = GrainFactory.GetGrain<IRouterGrain>(Context.Cluster.Name);
        _reports = new OrderedSender<InstanceReport>(router.ReportAsync, failure => GrainLog.ReportLost(logger, Name, failure));
        _recorder = new InstanceRecorder(metrics, Context, Context.Find(Name));
        Instance = new Instance(Context.Find(Name), _outbox, _recorder, reportTokens: true);
        _loop = new StepLoop(Instance, Context.Clock, Context.Timers(Instance.Spec), _recorder, Publish);
        return base.OnActivateAsync(cancellationToken);
    }

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        _recorder.Dispose();
        return base.OnDeactivateAsync(reason, cancellationToken);
    }

    public Task SubmitAsync(SubmitOrder order)
    {
        ArgumentNullException.ThrowIfNull(order);
        var handsOn = order.DecodeInstance != Name;
        var request = order.Request.ToSpec();
        var sequence = new Sequence(request, handsOn ? 1 : request.OutputTokens) { Timeline = order.Request.Stations.ToTimeline() };
        Add(new LiveRequest(order.Request, sequence, order.Gateway) { DecodeInstance = handsOn ? order.DecodeInstance : null });
        Instance.Enqueue(sequence, _loop.InputNs());
        _loop.Kick();
        return Task.CompletedTask;
    }

    public Task AbortAsync(long requestId)
    {
        if (_requests.TryGetValue(requestId, out var request))
        {
            Instance.Abort(request.Sequence, _loop.InputNs());
            _loop.Kick();
        }

        return Task.CompletedTask;
    }

    public Task<InstanceSnapshot> GetSnapshotAsync() => Task.FromResult(Snapshots.Of(Instance, _loop));

    public Task<bool> ResetPrefixCacheAsync()
    {
        Instance.State.Pool.EvictAll();
        _loop.Kick();
        return Task.FromResult(Instance.State.Pool.Referenced == 0);
    }

    public Task RetireAsync()
    {
        DeactivateOnIdle();
        return Task.CompletedTask;
    }

    private protected LiveRequest? Find(long requestId) => _requests.GetValueOrDefault(requestId);

    private protected void Add(LiveRequest request) => _requests.Add(request.Message.Id, request);

    private protected void Remove(LiveRequest request) => _requests.Remove(request.Message.Id);

    private protected long InputNs() => _loop.InputNs();

    private protected void Kick() => _loop.Kick();

    /// <summary>The prompt is computed and its KV held here.</summary>
    private protected abstract void OnPrefillComplete(LiveRequest request);

    /// <summary>Blocks are reserved for KV that is to come.</summary>
    private protected abstract void OnKvReserved(LiveRequest request, int missingTokens);

    private void Publish()
    {
        foreach (var (sequence, count) in Instance.Tokens)
            if (Find(sequence.Id) is { } request) _outbox.Tokens(request, count);
        for (var i = 0; i < Instance.Effects.Count; i++) Translate(Instance.Effects[i]);
        Instance.ClearEffects();
        Instance.ClearTokens();
        ReportFailure();
        _recorder.Publish(Instance);
        var nowNs = Context.Clock.NowNs;
        _outbox.SendTokens(nowNs);
        _reports.Send(_outbox.TakeReport(Instance, nowNs));
    }

    private void Translate(InstanceEffect effect)
    {
        if (Find(effect.Sequence.Id) is not { } request) return;
        switch (effect.Kind)
        {
            case InstanceEffectKind.FirstToken:
                _recorder.FirstToken(request.Sequence.Timeline);
                // A handed-over request's prefill has ended on the instance it came from.
                if (request.PrefillInstance is null) _outbox.PrefillEnded(request.Message.Id);
                break;
            case InstanceEffectKind.PrefillComplete:
                _outbox.PrefillEnded(request.Message.Id);
                OnPrefillComplete(request);
                break;
            case InstanceEffectKind.KvReserved: OnKvReserved(request, effect.Tokens); break;
            case InstanceEffectKind.Finished: End(request, Ends.Completed(request.Sequence), FinishReason.Length); break;
            case InstanceEffectKind.Rejected: End(request, Ends.TooLong(Instance, request.Sequence), FinishReason.Error); break;
            case InstanceEffectKind.Aborted:
                Remove(request);
                _recorder.Ended(request.Sequence, FinishReason.Abort, Context.Clock.NowNs);
                _outbox.EndSilently(request.Message.Id);
                break;
            default: throw new InvalidOperationException($"Unknown effect {effect.Kind}.");
        }
    }

    private void End(LiveRequest request, RequestEnd end, FinishReason reason)
    {
        Remove(request);
        _recorder.Ended(request.Sequence, reason, Context.Clock.NowNs);
        _outbox.End(request, end);
    }

    /// <summary>Tokens did not reach a gateway: its requests cannot be completed any more.</summary>
    private void GiveUpOn(IGatewayObserver gateway, Exception failure)
    {
        GrainLog.TokensLost(logger, Name, failure);
        foreach (var request in _requests.Values.Where(r => r.Gateway.Equals(gateway)).ToList())
        {
            End(request, Ends.Failed($"Tokens of instance {Name} were lost on their way: {failure.Message}"), FinishReason.Abort);
            Instance.Abort(request.Sequence, _loop.InputNs());
        }

        _loop.Kick();
    }

    private void ReportFailure()
    {
        if (_loop.Failure is not { } failure || _failureReported) return;
        _failureReported = true;
        GrainLog.StepLoopFailed(logger, Name, failure);
        foreach (var request in _requests.Values.ToList()) End(request, Ends.Failed($"Instance {Name} broke: {failure.Message}"), FinishReason.Error);
        DeactivateOnIdle();
    }
}
