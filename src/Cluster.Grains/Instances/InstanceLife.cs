using Cluster.Engine;
using Cluster.Engine.Routing;
using Cluster.Engine.Topology;
using Cluster.Grains.Messages;
using Cluster.ServiceDefaults.Recording;
using Microsoft.Extensions.Logging;

namespace Cluster.Grains.Instances;

/// <summary>How an instance begins, crashes, comes back, is built anew and ends; its requests are <see cref="InstanceGrain"/>'s.</summary>
#pragma warning disable CA1001 // OnDeactivateAsync disposes of the shell
public abstract class InstanceLife(ClusterContext context, ClusterMetrics metrics, ILogger logger) : Grain
#pragma warning restore CA1001
{
    private readonly InstanceOracle _oracle = new(context.Cluster);
    private string _incarnation = "";

    protected ClusterContext Context { get; } = context;

    protected string Name { get; private set; } = "";

    /// <summary>The runtime gives it to turns only; steps need it, too.</summary>
    private protected IGrainFactory Grains { get; private set; } = null!;

    private protected InstanceShell Shell { get; private set; } = null!;

    private protected Instance Instance => Shell.Instance;

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        Name = GrainKeys.Split(this.GetPrimaryKeyString()).Instance;
        Grains = GrainFactory;
        await BeginAsync(await Context.FindAsync(Name, Grains));
        await base.OnActivateAsync(cancellationToken);
    }

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        // Whoever could not begin has nothing to dispose of.
        Shell?.Dispose();
        return base.OnDeactivateAsync(reason, cancellationToken);
    }

    public Task<EstimateMessage> EstimateAsync(RequestMessage request)
    {
        ArgumentNullException.ThrowIfNull(request);
        using var entered = Shell.Enter();
        var estimate = _oracle.Ask(Instance, request.ToSpec(), Shell.Ranks.Slowdown, Context.Clock.NowNs);
        return Task.FromResult(new EstimateMessage(estimate.PrefillNs, estimate.DecodeNs));
    }

    public Task<InstanceSnapshot> GetSnapshotAsync()
    {
        using var entered = Shell.Enter();
        return Task.FromResult(Shell.Snapshot(_incarnation));
    }

    public Task<bool> ResetPrefixCacheAsync()
    {
        using var entered = Shell.Enter();
        Instance.State.Pool.EvictAll();
        Shell.Kick();
        return Task.FromResult(Instance.State.Pool.Referenced == 0);
    }

    public async Task RetireAsync()
    {
        // News would bring it back.
        await Shell.LeaveStoreAsync();
        DeactivateOnIdle();
    }

    public Task HearOfStoreAsync(StoreNewsMessage news)
    {
        using var entered = Shell.Enter();
        Shell.Store?.Hear(news);
        return Task.CompletedTask;
    }

    public Task CrashAsync()
    {
        using var entered = Shell.Enter();
        Shell.Crash();
        return Task.CompletedTask;
    }

    public Task ReviveAsync()
    {
        using var entered = Shell.Enter();
        Shell.IsDown = false;
        return Task.CompletedTask;
    }

    public Task RebuildAsync(MemberMessage member)
    {
        Shell.Dispose();
        return BeginAsync(Context.Find(member));
    }

    public Task SlowAsync(int rank, double factor)
    {
        using var entered = Shell.Enter();
        Shell.Ranks.Slow(rank, factor);
        return Task.CompletedTask;
    }

    /// <summary>The step loop broke, which is a fault of ours: the instance has to begin afresh.</summary>
    internal void Break() => GrainBaseExtensions.DeactivateOnIdle(this);

    private protected abstract InstanceGrain Side { get; }

    private async Task BeginAsync(InstanceSpec spec)
    {
        _incarnation = Guid.NewGuid().ToString("N");
        var gate = new Lock();
        var store = StoreLine.Of(gate, spec, _incarnation, Grains.GetGrain<IStoreGrain>(Context.Cluster.Name), logger);
        if (store is not null) await store.JoinAsync();
        var router = Grains.GetGrain<IRouterGrain>(Context.Cluster.Name);
        Shell = new InstanceShell(gate, spec, Context, metrics, router, RankGroups.Of(Context, spec, Grains), store, Side, logger);
    }
}
