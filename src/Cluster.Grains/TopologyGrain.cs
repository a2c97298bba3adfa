using Cluster.Engine.Routing;
using Cluster.Engine.Topology;
using Cluster.Grains.Hosting;
using Cluster.Grains.Messages;
using Microsoft.Extensions.Logging;

namespace Cluster.Grains;

/// <summary>
/// Supervises one cluster: knows which instances it has, carries out what operators ask, sees that draining instances
/// leave. What it decides by is the engine's <see cref="Roster"/>.
/// </summary>
public sealed class TopologyGrain(
    ClusterContext context, ILogger<TopologyGrain> logger,
    [PersistentState("topology", StorageNames.Cluster)] IPersistentState<TopologyState> state) : Grain, ITopologyGrain
{
    private static readonly TimeSpan s_drainCheck = TimeSpan.FromMilliseconds(50);
    private readonly InstanceWatch _watch = new(logger);
    private IGrainTimer? _drainTimer;

    private Roster Roster => new([.. state.State.Members.Select(m => m.ToMember())]);

    private PolicyMessage Policy => state.State.Policy ?? PolicyMessage.Of(context.Cluster.Router.Policy, context.Cluster.Router.Dials);

    private IRouterGrain Router => GrainFactory.GetGrain<IRouterGrain>(context.Cluster.Name);

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        if (state.State.Members.Length == 0) state.State = state.State with { Members = [.. Roster.Of(context.Cluster).Members.Select(MemberMessage.Of)] };
        WatchDraining();
        return base.OnActivateAsync(cancellationToken);
    }

    public async Task<TopologySnapshot> GetSnapshotAsync()
    {
        var members = state.State.Members;
        var instances = await Task.WhenAll(members.Select(m => _watch.LookAsync(m.Name, Instance(m.Name))));
        var links = context.Cluster.Link is null
            ? new LinkSnapshot(0, 0)
            : await GrainFactory.GetGrain<ILinkGrain>(context.Cluster.Name).GetSnapshotAsync();
        return new TopologySnapshot(context.Cluster.Name, instances, links) { Members = members, Policy = Policy };
    }

    public Task<RouterPlan> GetPlanAsync() => Task.FromResult(new RouterPlan(state.State.Members, Policy));

    public async Task<bool> ResetPrefixCachesAsync()
    {
        var reset = await Task.WhenAll(state.State.Members.Select(m => Instance(m.Name).ResetPrefixCacheAsync()));
        return Array.TrueForAll(reset, clean => clean);
    }

    public Task<OrderReply> ScaleAsync(string pool, int instances) =>
        CarryOutAsync(Roster.Scale(pool, instances, HostMemory.Instances(context.Cluster)), !Roster.Members.Any(m => m.Pool == pool));

    public Task<OrderReply> DrainAsync(string instance) => CarryOutAsync(Roster.Drain(instance), Roster.Find(instance) is null);

    public async Task<OrderReply> OpenAsync(string instance)
    {
        var step = Roster.Open(instance);
        // Up before the router may choose it.
        if (step.Refusal is null && Roster.Find(instance)!.State == MemberState.Failed) await Instance(instance).ReviveAsync();
        return await CarryOutAsync(step, Roster.Find(instance) is null);
    }

    public Task<OrderReply> CrashAsync(string instance) => CarryOutAsync(Roster.Fail(instance), Roster.Find(instance) is null, crashes: instance);

    public async Task<OrderReply> UseRouterAsync(PolicyMessage policy)
    {
        ArgumentNullException.ThrowIfNull(policy);
        if (policy.Refusal() is { } refusal) return new OrderReply(refusal, !Routers.Registry.TryGet(policy.Policy, out _));
        state.State = state.State with { Policy = policy };
        await PublishAsync();
        return new OrderReply();
    }

    private async Task<OrderReply> CarryOutAsync(RosterStep step, bool notFound, string? crashes = null)
    {
        if (step.Refusal is not null) return new OrderReply(step.Refusal, notFound);
        var before = state.State.Members;
        state.State = state.State with { Members = [.. step.Roster.Members.Select(MemberMessage.Of)] };
        // Newcomers are up before the router may choose them; those that left are closed before they end.
        foreach (var joined in state.State.Members.Where(m => !before.Any(b => b.Name == m.Name))) await Instance(joined.Name).GetSnapshotAsync();
        await PublishAsync();
        // Closed before it dies: whoever places its requests anew must not choose it.
        if (crashes is not null) await DieAsync(crashes);
        foreach (var left in before.Where(b => step.Roster.Find(b.Name) is null)) await Instance(left.Name).RetireAsync();
        WatchDraining();
        return new OrderReply();
    }

    private async Task DieAsync(string instance)
    {
        if (context.Cluster.Link is not null) await GrainFactory.GetGrain<ILinkGrain>(context.Cluster.Name).LostAsync(instance);
        await Instance(instance).CrashAsync();
    }

    private async Task PublishAsync()
    {
        await state.WriteStateAsync();
        await Router.ApplyAsync(new RouterPlan(state.State.Members, Policy));
    }

    private void WatchDraining()
    {
        if (_drainTimer is null && Roster.Members.Any(m => m.State == MemberState.Draining))
            _drainTimer = this.RegisterGrainTimer((_, _) => EndDrainingAsync(), this, new GrainTimerCreationOptions(s_drainCheck, s_drainCheck));
    }

    private async Task EndDrainingAsync()
    {
        foreach (var member in Roster.Members.Where(m => m.State == MemberState.Draining))
            if (await IsEmptyAsync(member.Name)) await CarryOutAsync(new RosterStep(Roster.Emptied(member.Name)), notFound: false);
        if (Roster.Members.Any(m => m.State == MemberState.Draining)) return;
        _drainTimer?.Dispose();
        _drainTimer = null;
    }

    /// <summary>Nothing is on its way to it, and it holds nothing: no request, no KV that another instance has yet to pull.</summary>
    private async Task<bool> IsEmptyAsync(string name) =>
        await Router.CountActiveAsync(name) == 0 && (await Instance(name).GetSnapshotAsync()).Requests == 0;

    private IInstanceGrain Instance(string name) => GrainFactory.GetInstance(context.Cluster, name);
}
