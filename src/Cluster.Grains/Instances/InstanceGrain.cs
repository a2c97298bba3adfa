using Cluster.Grains.Messages;
using Cluster.ServiceDefaults.Recording;
using Microsoft.Extensions.Logging;

namespace Cluster.Grains.Instances;

/// <summary>How requests come into an instance and leave it before their time; what differs by role is left to prefill and decode grain.</summary>
public abstract class InstanceGrain(ClusterContext context, ClusterMetrics metrics, ILogger logger) : InstanceLife(context, metrics, logger)
{
    private protected ILinkGrain Links => Grains.GetGrain<ILinkGrain>(Context.Cluster.Name);

    private protected override InstanceGrain Side => this;

    public Task SubmitAsync(SubmitOrder order)
    {
        ArgumentNullException.ThrowIfNull(order);
        using var entered = Shell.Enter();
        var request = LiveRequest.Of(order, Name);
        if (!Shell.TryAdd(request)) return Task.CompletedTask;
        Shell.Recorder.Selected();
        if (order.Copy is { } copy)
        {
            var wanted = new CopyOrder(order.Request.Id, copy.Source, Name, copy.Missing) { AtNs = order.Request.Stations.RoutedNs };
            Send(() => Links.CopyAsync(wanted));
        }
        else
        {
            Compute(request, order.Request.Stations.RoutedNs);
        }

        return Task.CompletedTask;
    }

    public Task CopyEndedAsync(long requestId, bool arrived, long atNs)
    {
        using var entered = Shell.Enter();
        if (Shell.Find(requestId) is not { AwaitedCopy: { } copy } request) return Task.CompletedTask; // aborted meanwhile
        request.AwaitedCopy = null;
        if (arrived) Instance.AdoptPrefix(request.Sequence.Request, copy.Tokens);
        Compute(request, atNs);
        return Task.CompletedTask;
    }

    public Task AbortAsync(long requestId)
    {
        using var entered = Shell.Enter();
        Shell.Abort(requestId);
        return Task.CompletedTask;
    }

    /// <summary>A step has begun, at this moment; see <see cref="Engine.Instance.Chunks"/>.</summary>
    internal virtual void OnStepBegan(long nowNs)
    {
    }

    /// <summary>The prompt is computed and its KV held here.</summary>
    internal abstract void OnPrefillCompleted(LiveRequest request);

    /// <summary>Blocks are reserved for KV that is to come.</summary>
    internal abstract void OnKvReserved(LiveRequest request, int missingTokens);

    /// <summary>The request leaves before its time: it was aborted, or the instance is lost.</summary>
    internal abstract void OnLeft(LiveRequest request);

    internal void Leave(LiveRequest request)
    {
        var id = request.Message.Id;
        if (request.AwaitedCopy is not null) Send(() => Links.CancelAsync(id));
        OnLeft(request);
    }

    /// <summary>Sends what must not be lost, again if need be; returns at once.</summary>
    private protected void Send(Func<Task> send) => Shell.Insist(send);

    private void Compute(LiveRequest request, long atNs)
    {
        Instance.Enqueue(request.Sequence, Shell.InputNs(atNs));
        Shell.Kick();
    }
}
