using Cluster.Engine.Routing;
using Cluster.Engine.Topology;
using Cluster.Grains.Hosting;
using Cluster.Grains.Messages;
using Microsoft.Extensions.Logging;

namespace Cluster.Grains;

/// <summary>
/// Supervises one cluster: takes what operators ask, has the engine's <see cref="Roster"/> decide on it and its
/// <see cref="RosterKeeper"/> carry it out, and sees that draining instances come to their end and starting ones to their beginning.
/// </summary>
public sealed class TopologyGrain : Grain, ITopologyGrain
{
    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(50);
    private readonly ClusterContext _context;
    private readonly InstanceWatch _watch;
    private readonly RosterKeeper _keeper;
    private IGrainTimer? _looking;

    public TopologyGrain(
        ClusterContext context, ILogger<TopologyGrain> logger,
        [PersistentState("topology", StorageNames.Cluster)] IPersistentState<TopologyState> state)
    {
        (_context, _watch) = (context, new InstanceWatch(logger));
        _keeper = new RosterKeeper(context, GrainFactory, state);
    }

    private Roster Roster => _keeper.Roster;

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _keeper.Begin();
        KeepLooking();
        return base.OnActivateAsync(cancellationToken);
    }

    public async Task<TopologySnapshot> GetSnapshotAsync()
    {
        var members = _keeper.Members;
        var instances = await Task.WhenAll(members.Select(m => _watch.LookAsync(m.Name, _keeper.Instance(m.Name))));
        var links = _context.Cluster.Link is null
            ? new LinkSnapshot(0, 0)
            : await GrainFactory.GetGrain<ILinkGrain>(_context.Cluster.Name).GetSnapshotAsync();
        return new TopologySnapshot(_context.Cluster.Name, instances, links)
        {
            Members = members,
            Policy = _keeper.Policy,
            AtNs = _context.Clock.NowNs,
            GpuUses = _keeper.GpuUses,
            Stores = _context.Cluster.HasStores ? await GrainFactory.GetGrain<IStoreGrain>(_context.Cluster.Name).GetSnapshotAsync() : null,
        };
    }

    public Task<RouterPlan> GetPlanAsync() => Task.FromResult(new RouterPlan(_keeper.Members, _keeper.Policy));

    public async Task<bool> ResetPrefixCachesAsync()
    {
        var reset = await Task.WhenAll(_keeper.Members.Select(m => _keeper.Instance(m.Name).ResetPrefixCacheAsync()));
        return Array.TrueForAll(reset, clean => clean);
    }

    public Task<OrderReply> ScaleAsync(string pool, int instances) =>
        CarryOutAsync(Roster.Scale(pool, instances, HostMemory.Instances(_context.Cluster)), !Roster.Members.Any(m => m.Pool == pool));

    public Task<OrderReply> DrainAsync(string instance) => CarryOutAsync(Roster.Drain(instance), IsUnknown(instance));

    public async Task<OrderReply> OpenAsync(string instance)
    {
        var step = Roster.Open(instance);
        // Up before the router may choose it.
        if (step.Refusal is null && Roster.Find(instance)!.State == MemberState.Failed) await _keeper.Instance(instance).ReviveAsync();
        return await CarryOutAsync(step, IsUnknown(instance));
    }

    public Task<OrderReply> CrashAsync(string instance) => CarryOutAsync(Roster.Fail(instance), IsUnknown(instance), crashes: instance);

    public async Task<OrderReply> ResizeAsync(string instance, ResizeOrder order)
    {
        ArgumentNullException.ThrowIfNull(order);
        var reply = await CarryOutAsync(_keeper.Resize(instance, order), IsUnknown(instance));
        if (reply.Refusal is not null || !order.AtOnce || Roster.Find(instance) is not { State: MemberState.Draining }) return reply;
        await _keeper.DieAsync(instance);
        return await CarryOutAsync(new RosterStep(_keeper.Emptied(instance)), notFound: false);
    }

    public async Task<OrderReply> UseRouterAsync(PolicyMessage policy)
    {
        ArgumentNullException.ThrowIfNull(policy);
        if (policy.Refusal() is { } refusal) return new OrderReply(refusal, !Routers.Registry.TryGet(policy.Policy, out _));
        await _keeper.UsePolicyAsync(policy);
        return new OrderReply();
    }

    private bool IsUnknown(string instance) => Roster.Find(instance) is null;

    private async Task<OrderReply> CarryOutAsync(RosterStep step, bool notFound, string? crashes = null)
    {
        if (step.Refusal is not null) return new OrderReply(step.Refusal, notFound);
        await _keeper.CarryOutAsync(step.Roster, crashes);
        KeepLooking();
        return new OrderReply();
    }

    /// <summary>On the way out, or in.</summary>
    private bool IsAnybodyOnTheWay => Roster.Members.Any(m => m.State is MemberState.Draining or MemberState.Starting);

    /// <summary>Looks again and again, as long as anybody is.</summary>
    private void KeepLooking()
    {
        if (_looking is null && IsAnybodyOnTheWay)
            _looking = this.RegisterGrainTimer((_, _) => LookAsync(), this, new GrainTimerCreationOptions(s_look, s_look));
    }

    /// <summary>Whoever is empty by now has drained, and whoever has loaded its model is ready.</summary>
    private async Task LookAsync()
    {
        foreach (var member in Roster.Members.Where(m => m.State == MemberState.Draining))
            if (await _keeper.IsEmptyAsync(member.Name)) await _keeper.CarryOutAsync(_keeper.Emptied(member.Name));
        var started = Roster.Started(_context.Clock.NowNs);
        if (!started.Members.SequenceEqual(Roster.Members)) await _keeper.CarryOutAsync(started);
        if (IsAnybodyOnTheWay) return;
        _looking?.Dispose();
        _looking = null;
    }
}
