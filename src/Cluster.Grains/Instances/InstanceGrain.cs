using Cluster.Engine;
using Cluster.Grains.Messages;
using Cluster.ServiceDefaults.Recording;
using Microsoft.Extensions.Logging;

namespace Cluster.Grains.Instances;

/// <summary>What prefill and decode grains share: they take requests in, give them up, crash, come back.</summary>
#pragma warning disable CA1001 // OnDeactivateAsync disposes of the shell
public abstract class InstanceGrain(ClusterContext context, ClusterMetrics metrics, ILogger logger) : Grain, IInstanceSide
#pragma warning restore CA1001
{
    private readonly string _incarnation = Guid.NewGuid().ToString("N");

    protected ClusterContext Context { get; } = context;

    protected string Name { get; private set; } = "";

    private protected InstanceShell Shell { get; private set; } = null!;

    private protected Instance Instance => Shell.Instance;

    private protected ILinkGrain Links => GrainFactory.GetGrain<ILinkGrain>(Context.Cluster.Name);

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        Name = GrainKeys.Split(this.GetPrimaryKeyString()).Instance;
        var ranks = RankGroups.Of(Context, Name, GrainFactory);
        Shell = new InstanceShell(Name, Context, metrics, GrainFactory.GetGrain<IRouterGrain>(Context.Cluster.Name), ranks, this, logger);
        return base.OnActivateAsync(cancellationToken);
    }

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        Shell.Dispose();
        return base.OnDeactivateAsync(reason, cancellationToken);
    }

    public Task SubmitAsync(SubmitOrder order)
    {
        ArgumentNullException.ThrowIfNull(order);
        var request = LiveRequest.Of(order, Name);
        if (!Shell.TryAdd(request)) return Task.CompletedTask;
        if (order.Copy is { } copy) _ = Links.CopyAsync(new CopyOrder(order.Request.Id, copy.Source, Name, copy.Missing));
        else Compute(request);
        return Task.CompletedTask;
    }

    public Task CopyEndedAsync(long requestId, bool arrived)
    {
        if (Shell.Find(requestId) is not { AwaitedCopy: { } copy } request) return Task.CompletedTask; // aborted meanwhile
        request.AwaitedCopy = null;
        if (arrived) Instance.AdoptPrefix(request.Sequence.Request, copy.Tokens);
        Compute(request);
        return Task.CompletedTask;
    }

    public Task AbortAsync(long requestId)
    {
        Shell.Abort(requestId);
        return Task.CompletedTask;
    }

    public Task<InstanceSnapshot> GetSnapshotAsync() => Task.FromResult(Shell.Snapshot(_incarnation));

    public Task<bool> ResetPrefixCacheAsync()
    {
        Instance.State.Pool.EvictAll();
        Shell.Kick();
        return Task.FromResult(Instance.State.Pool.Referenced == 0);
    }

    public Task RetireAsync()
    {
        DeactivateOnIdle();
        return Task.CompletedTask;
    }

    public Task CrashAsync()
    {
        Shell.Crash();
        return Task.CompletedTask;
    }

    public Task ReviveAsync()
    {
        Shell.IsDown = false;
        return Task.CompletedTask;
    }

    public Task SlowAsync(int rank, double factor)
    {
        Shell.Ranks.Slow(rank, factor);
        return Task.CompletedTask;
    }

    void IInstanceSide.StepBegan(Instance instance) => OnStepBegan();

    void IInstanceSide.PrefillCompleted(LiveRequest request) => OnPrefillCompleted(request);

    void IInstanceSide.KvReserved(LiveRequest request, int missingTokens) => OnKvReserved(request, missingTokens);

    void IInstanceSide.Left(LiveRequest request)
    {
        if (request.AwaitedCopy is not null) _ = Links.CancelAsync(request.Message.Id);
        OnLeft(request);
    }

    void IInstanceSide.Broke() => DeactivateOnIdle();

    private protected virtual void OnStepBegan()
    {
    }

    private protected abstract void OnPrefillCompleted(LiveRequest request);

    private protected abstract void OnKvReserved(LiveRequest request, int missingTokens);

    private protected abstract void OnLeft(LiveRequest request);

    private void Compute(LiveRequest request)
    {
        Instance.Enqueue(request.Sequence, Shell.InputNs());
        Shell.Kick();
    }
}
