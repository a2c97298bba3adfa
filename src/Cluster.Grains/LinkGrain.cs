using Cluster.Engine.Transfer;
using Cluster.Engine.Units;
using Cluster.Grains.Messages;
using Orleans.Concurrency;

namespace Cluster.Grains;

/// <summary>The links of one cluster. Transfers overlap, so calls interleave; the fabric decides who gets what share.</summary>
[Reentrant]
public sealed class LinkGrain(ClusterContext context) : Grain, ILinkGrain
{
    private readonly Dictionary<long, TaskCompletionSource> _transfers = [];
    private readonly LinkFabric _fabric = new(
        context.Cluster.Link ?? throw new InvalidOperationException($"Cluster '{context.Cluster.Name}' has no link."),
        context.Cluster.Instances.Length);
    private readonly Dictionary<string, int> _ports = context.Cluster.Instances.Select((instance, i) => (instance.Name, i)).ToDictionary(p => p.Name, p => p.i);
    private long _wakeNs = Time.Never;
    private long _fabricNs;

    public async Task TransferAsync(TransferOrder order)
    {
        ArgumentNullException.ThrowIfNull(order);
        var source = context.Find(order.Source);
        var bytes = TransferPlan.Bytes(context.Cluster.Transfer, source, order.PromptTokens, order.MissingTokens);
        _fabricNs = Math.Max(_fabricNs, context.Clock.NowNs);
        var id = _fabric.Start(PortOf(order.Source), PortOf(order.Destination), bytes, _fabricNs);
        var arrival = _transfers[id] = new TaskCompletionSource();
        WatchNext();
        await arrival.Task;
    }

    public Task<LinkSnapshot> GetSnapshotAsync() => Task.FromResult(new LinkSnapshot(_fabric.Active, _fabric.BytesMoved));

    private int PortOf(string instance)
    {
        if (_ports.TryGetValue(instance, out var port)) return port;
        _ports[instance] = port = _ports.Count;
        _fabric.Grow(_ports.Count);
        return port;
    }

    private void WatchNext()
    {
        if (_fabric.NextEventNs >= _wakeNs) return;
        _wakeNs = _fabric.NextEventNs;
        _ = WakeAsync(_wakeNs);
    }

    private async Task WakeAsync(long dueNs)
    {
        await context.Clock.WaitUntilAsync(dueNs);
        if (_wakeNs == dueNs) _wakeNs = Time.Never;
        // The fabric's clock is the due time, not the moment the host woke up: lateness must not lengthen transfers.
        while (_fabric.NextEventNs <= Math.Max(dueNs, _fabricNs))
        {
            _fabricNs = Math.Max(_fabricNs, _fabric.NextEventNs);
            foreach (var id in _fabric.Advance(_fabricNs))
                if (_transfers.Remove(id, out var arrival)) arrival.SetResult();
        }

        WatchNext();
    }
}
