using Cluster.Engine.Transfer;
using Cluster.Engine.Units;
using Cluster.Grains.Messages;
using Cluster.ServiceDefaults.Recording;
using Microsoft.Extensions.Logging;
using Orleans.Concurrency;

namespace Cluster.Grains;

/// <summary>
/// The links of one cluster: what prefill and decode instances say of their KV goes to the engine's hand-over desk, and
/// what the desk decides goes back to them.
/// </summary>
#pragma warning disable CA1001 // OnDeactivateAsync disposes of the recorder
[Reentrant]
public sealed class LinkGrain(ClusterContext context, ClusterMetrics metrics, ILogger<LinkGrain> logger) : Grain, ILinkGrain
#pragma warning restore CA1001
{
    private readonly LinkRecorder _recorder = new(metrics, context);
    private readonly HandOverDesk _desk = new(
        context.Cluster.Link ?? throw new InvalidOperationException($"Cluster '{context.Cluster.Name}' has no link."), context.Cluster.Transfer, [], context.Cluster.FabricBytesPerSecond);
    private readonly LinkSpans _spans = new(context.Clock);
    private long _wakeNs = Time.Never;

    private LinkPlaces _places = null!;

    private long NowNs => context.Clock.NowNs;

    private LinkCourier Courier => new(GrainFactory, context.Cluster, logger);

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _places = new LinkPlaces(context, _desk, (await GrainFactory.GetGrain<ITopologyGrain>(context.Cluster.Name).GetPlanAsync()).Members);
        await base.OnActivateAsync(cancellationToken);
    }

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        _recorder.Dispose();
        return base.OnDeactivateAsync(reason, cancellationToken);
    }

    public Task ComputedAsync(KvComputed news)
    {
        ArgumentNullException.ThrowIfNull(news);
        var (source, destination) = (_places.Of(news.Source), _places.Of(news.Destination));
        if (news.Ended) _desk.PrefillEnded(news.RequestId, source, destination, news.PromptTokens, news.AtNs);
        else _desk.Computing(news.RequestId, source, destination, news.PromptTokens, news.Computed, news.Tokens, news.AtNs);
        return Publish();
    }

    public Task ReservedAsync(KvReserved news)
    {
        ArgumentNullException.ThrowIfNull(news);
        _spans.Expect(news);
        _desk.Reserved(news.RequestId, _places.Of(news.Source), _places.Of(news.Destination), news.PromptTokens, news.MissingTokens, news.AtNs);
        return Publish();
    }

    public Task CopyAsync(CopyOrder order)
    {
        ArgumentNullException.ThrowIfNull(order);
        _desk.Copy(order.RequestId, _places.Of(order.Source), _places.Of(order.Destination), order.Tokens, order.AtNs);
        return Publish();
    }

    public Task CancelAsync(long requestId)
    {
        _desk.Cancel(requestId, NowNs);
        return Publish();
    }

    public Task LostAsync(string instance)
    {
        _desk.Lost(_places.Of(instance), NowNs);
        return Publish();
    }

    public Task RebuiltAsync(MemberMessage member)
    {
        _desk.Replace(_places.Of(member.Name), context.Find(member));
        return Task.CompletedTask;
    }

    public Task DegradeAsync(string instance, double factor)
    {
        _desk.Degrade(_places.Of(instance), factor, NowNs);
        return Publish();
    }

    public Task ExpireAsync(string instance)
    {
        _desk.ExpireAll(_places.Of(instance), NowNs);
        return Publish();
    }

    public Task<LinkSnapshot> GetSnapshotAsync() => Task.FromResult(new LinkSnapshot(_desk.Fabric.Active, _desk.Fabric.BytesMoved) { OpenHandOvers = _desk.Open, Flows = _recorder.Flows(_places.Names) });

    private Task Publish()
    {
        for (var i = 0; i < _desk.Effects.Count; i++) Courier.Tell(_desk.Effects[i], _places.Names);
        _recorder.Publish(_desk, _places.Names);
        _spans.Publish(_desk, _places.Names);
        _desk.ClearEffects();
        if (_desk.NextEventNs < _wakeNs) _ = WakeAsync(_wakeNs = _desk.NextEventNs);
        return Task.CompletedTask;
    }

    private async Task WakeAsync(long dueNs)
    {
        await context.Clock.WaitUntilAsync(dueNs);
        if (_wakeNs == dueNs) _wakeNs = Time.Never;
        // The desk's clock is the due time, not the moment the host woke up: lateness must not lengthen transfers.
        _desk.Advance(dueNs);
        await Publish();
    }
}
