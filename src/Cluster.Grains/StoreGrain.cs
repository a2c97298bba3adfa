using Cluster.Engine.KvCache.Tiers;
using Cluster.Engine.Units;
using Cluster.Grains.Messages;
using Orleans.Concurrency;

namespace Cluster.Grains;

/// <summary>
/// The remote KV stores of one cluster: what instances ask for goes to the engine's stores, and which blocks come and go is told to
/// all instances of a store. Nothing is said, and nobody woken, while nothing is copied.
/// </summary>
[Reentrant]
public sealed class StoreGrain(ClusterContext context) : Grain, IStoreGrain
{
    private readonly SharedKvStores _stores = new(context.Cluster, keepsNews: true);
    private StoreSeats _seats = null!;
    private long _nowNs;
    private long _wakeNs = Time.Never;

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _seats = new StoreSeats(context.Cluster, _stores, GrainFactory, Release);
        return base.OnActivateAsync(cancellationToken);
    }

    public Task<StoreBlocks> JoinAsync(StoreSeat seat)
    {
        if (_seats.Leave(seat.Instance) is { } port) Release(port);
        var store = _seats.Join(seat).Store;
        return Task.FromResult(new StoreBlocks(store.Readable(), store.IsCut));
    }

    public Task<bool> WriteAsync(StoreOrder order)
    {
        if (Enter(order.Seat, order.AtNs, out var isKnown) is { } port)
        {
            port.Write(order.Keys, _nowNs);
            Publish();
        }

        return Task.FromResult(isKnown);
    }

    public async Task<StoreArrival> ReadAsync(StoreOrder order)
    {
        if (Enter(order.Seat, order.AtNs, out var isKnown) is not { } port) return new StoreArrival(order.AtNs, Arrived: false, isKnown);
        var arrival = new TaskCompletionSource<StoreRead>(TaskCreationOptions.RunContinuationsAsynchronously);
        port.Read(order.Keys, _nowNs, arrival.SetResult);
        Publish();
        var read = await arrival.Task;
        return new StoreArrival(read.AtNs, read.Arrived);
    }

    public Task LostAsync(StoreSeat seat)
    {
        Enter(seat, context.Clock.NowNs, out _);
        Publish();
        return Task.CompletedTask;
    }

    public Task LeaveAsync(StoreSeat seat)
    {
        if (_seats.Knows(seat)) Release(_seats.Leave(seat.Instance)!);
        return Task.CompletedTask;
    }

    public Task DegradeAsync(double share)
    {
        Advance(context.Clock.NowNs);
        _stores.Degrade(share, _nowNs);
        Publish();
        return Task.CompletedTask;
    }

    public Task<StoreSnapshot> GetSnapshotAsync() => Task.FromResult(
        new StoreSnapshot(_stores.All.Sum(s => s.Blocks.Count), _stores.All.Sum(s => s.Active), _stores.All.Sum(s => s.BytesMoved), _seats.Untold));

    /// <summary>Lets time pass to an order. Null: it is void, since its instance crashed after it, or is another by now.</summary>
    private StorePort? Enter(StoreSeat seat, long atNs, out bool isKnown)
    {
        isKnown = _seats.Knows(seat);
        if (!isKnown) return null;
        // A crash is a matter of the present, whenever the first order after it was given.
        var begins = _seats.BeginsLife(seat);
        Advance(begins ? context.Clock.NowNs : atNs);
        if (begins) _seats.Begin(seat).Reset(_nowNs);
        return _seats.Port(seat);
    }

    /// <summary>What is under way on it is void.</summary>
    private void Release(StorePort port)
    {
        Advance(context.Clock.NowNs);
        port.Reset(_nowNs);
        Publish();
    }

    private void Advance(long atNs)
    {
        _nowNs = Math.Max(_nowNs, atNs);
        _stores.Advance(_nowNs);
    }

    private void Publish()
    {
        _seats.Tell();
        if (_stores.NextEventNs < _wakeNs) _ = WakeAsync(_wakeNs = _stores.NextEventNs);
    }

    private async Task WakeAsync(long dueNs)
    {
        await context.Clock.WaitUntilAsync(dueNs);
        if (_wakeNs == dueNs) _wakeNs = Time.Never;
        // The stores' clock is the due time, not the moment the host woke up: lateness must not lengthen copies.
        Advance(dueNs);
        Publish();
    }
}
