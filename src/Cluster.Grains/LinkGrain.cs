using Cluster.Engine.Transfer;
using Cluster.Engine.Units;
using Cluster.Grains.Messages;
using Cluster.ServiceDefaults.Recording;
using Orleans.Concurrency;

namespace Cluster.Grains;

/// <summary>
/// The links of one cluster: what prefill and decode instances say of their KV goes to the engine's hand-over desk, and
/// what the desk decides goes back to them.
/// </summary>
#pragma warning disable CA1001 // OnDeactivateAsync disposes of the recorder
[Reentrant]
public sealed class LinkGrain(ClusterContext context, ClusterMetrics metrics) : Grain, ILinkGrain
#pragma warning restore CA1001
{
    private readonly Dictionary<string, int> _places = new(StringComparer.Ordinal);
    private readonly List<string> _names = [];
    private readonly LinkRecorder _recorder = new(metrics, context);
    private readonly HandOverDesk _desk = new(
        context.Cluster.Link ?? throw new InvalidOperationException($"Cluster '{context.Cluster.Name}' has no link."), context.Cluster.Transfer, []);
    private long _wakeNs = Time.Never;

    private long NowNs => context.Clock.NowNs;

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        _recorder.Dispose();
        return base.OnDeactivateAsync(reason, cancellationToken);
    }

    public Task ComputedAsync(KvComputed news)
    {
        ArgumentNullException.ThrowIfNull(news);
        var (source, destination) = (PlaceOf(news.Source), PlaceOf(news.Destination));
        if (news.Ended) _desk.PrefillEnded(news.RequestId, source, destination, news.PromptTokens, NowNs);
        else _desk.Computing(news.RequestId, source, destination, news.PromptTokens, news.Computed, news.Tokens, NowNs);
        return Publish();
    }

    public Task ReservedAsync(KvReserved news)
    {
        ArgumentNullException.ThrowIfNull(news);
        _desk.Reserved(news.RequestId, PlaceOf(news.Source), PlaceOf(news.Destination), news.PromptTokens, news.MissingTokens, NowNs);
        return Publish();
    }

    public Task CopyAsync(CopyOrder order)
    {
        ArgumentNullException.ThrowIfNull(order);
        _desk.Copy(order.RequestId, PlaceOf(order.Source), PlaceOf(order.Destination), order.Tokens, NowNs);
        return Publish();
    }

    public Task CancelAsync(long requestId)
    {
        _desk.Cancel(requestId, NowNs);
        return Publish();
    }

    public Task LostAsync(string instance)
    {
        _desk.Lost(PlaceOf(instance), NowNs);
        return Publish();
    }

    public Task DegradeAsync(string instance, double factor)
    {
        _desk.Degrade(PlaceOf(instance), factor, NowNs);
        return Publish();
    }

    public Task ExpireAsync(string instance)
    {
        _desk.ExpireAll(PlaceOf(instance), NowNs);
        return Publish();
    }

    public Task<LinkSnapshot> GetSnapshotAsync() => Task.FromResult(new LinkSnapshot(_desk.Fabric.Active, _desk.Fabric.BytesMoved) { OpenHandOvers = _desk.Open, Flows = _recorder.Flows(_names) });

    private int PlaceOf(string instance)
    {
        if (_places.TryGetValue(instance, out var place)) return place;
        _names.Add(instance);
        return _places[instance] = _desk.Add(context.Find(instance));
    }

    private Task Publish()
    {
        for (var i = 0; i < _desk.Effects.Count; i++) Tell(_desk.Effects[i]);
        _recorder.Publish(_desk, _names);
        _desk.ClearEffects();
        if (_desk.NextEventNs < _wakeNs) _ = WakeAsync(_wakeNs = _desk.NextEventNs);
        return Task.CompletedTask;
    }

    private void Tell(DeskEffect effect)
    {
        var source = GrainFactory.GetInstance(context.Cluster, _names[effect.Source]);
        var destination = GrainFactory.GetInstance(context.Cluster, _names[effect.Destination]);
        _ = effect.Kind switch
        {
            DeskEffectKind.Arrived => Both(
                ((IPrefillGrain)source).ReleaseAsync(effect.RequestId),
                ((IDecodeGrain)destination).KvArrivedAsync(new KvArrival(effect.RequestId, (long)effect.Bytes, effect.DurationNs))),
            DeskEffectKind.Expired => Both(((IPrefillGrain)source).ExpireAsync(effect.RequestId), ((IDecodeGrain)destination).FallBackAsync(effect.RequestId)),
            DeskEffectKind.CopyEnded => destination.CopyEndedAsync(effect.RequestId, arrived: true),
            DeskEffectKind.CopyFailed => destination.CopyEndedAsync(effect.RequestId, arrived: false),
            _ => throw new InvalidOperationException($"Unknown effect {effect.Kind}."),
        };
    }

    private static Task Both(Task first, Task second) => Task.WhenAll(first, second);

    private async Task WakeAsync(long dueNs)
    {
        await context.Clock.WaitUntilAsync(dueNs);
        if (_wakeNs == dueNs) _wakeNs = Time.Never;
        // The desk's clock is the due time, not the moment the host woke up: lateness must not lengthen transfers.
        _desk.Advance(dueNs);
        await Publish();
    }
}
