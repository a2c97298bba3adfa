using Cluster.Engine.KvCache.Tiers;
using Cluster.Engine.Topology;
using Cluster.Engine.Units;
using Cluster.Grains.Messages;
using Microsoft.Extensions.Logging;

namespace Cluster.Grains.Instances;

/// <summary>
/// An instance's way to the store that the cluster shares: it knows of the store's blocks what the store's grain has said, and its orders
/// are messages to that grain. A store that is lost, or has forgotten the instance, is joined anew, with nothing of what was in it.
/// </summary>
/// <param name="gate">The instance's: its steps order from here, and answers come on any thread.</param>
internal sealed class StoreLine(Lock gate, KvTierSpec spec, StoreSeat seat, IStoreGrain store, ILogger logger) : IKvStorePort
{
    private readonly HashSet<ulong> _readable = [];
    private StoreSeat _seat = seat;
    private bool _heard;
    private bool _isCut;
    private bool _isJoining;
    private bool _hasLeft;

    /// <summary>The way of an instance to its store; null where it has none.</summary>
    public static StoreLine? Of(Lock gate, InstanceSpec instance, string incarnation, IStoreGrain store, ILogger logger) =>
        instance.Kv.RemoteTier is { } remote ? new StoreLine(gate, remote, new StoreSeat(instance.Name, incarnation, 0), store, logger) : null;

    /// <summary>Hands an input of this moment to the engine.</summary>
    public Action<long, Action> Input { get; set; } = static (_, _) => { };

    public KvTierSpec Spec => spec;

    /// <summary>The store's grain has its own clock.</summary>
    public long NextEventNs => Time.Never;

    public void Advance(long nowNs)
    {
    }

    public bool CanRead(ulong key) => !_isCut && _readable.Contains(key);

    public int Write(ulong[] keys, long nowNs)
    {
        if (_isCut) return 0;
        _ = WriteAsync(new StoreOrder(_seat, keys, nowNs));
        return keys.Count(key => !_readable.Contains(key));
    }

    public void Read(ulong[] keys, long nowNs, Action<StoreRead> read) => _ = ReadAsync(new StoreOrder(_seat, keys, nowNs), read);

    public void Reset(long nowNs)
    {
        _seat = _seat with { Life = _seat.Life + 1 };
        _ = store.LostAsync(_seat);
    }

    public async Task JoinAsync()
    {
        do
        {
            lock (gate) (_isJoining, _heard) = (true, false);
        }
        while (!TryTake(await store.JoinAsync(_seat)));
    }

    /// <summary>What is in the store; false when news overtook it, which are in the next answer.</summary>
    private bool TryTake(StoreBlocks blocks)
    {
        lock (gate)
        {
            _readable.Clear();
            _readable.UnionWith(blocks.Readable);
            (_isCut, _isJoining) = (blocks.IsCut, _heard);
            return !_heard;
        }
    }

    public Task LeaveAsync()
    {
        lock (gate)
        {
            if (_hasLeft) return Task.CompletedTask;
            _hasLeft = true;
            return store.LeaveAsync(_seat);
        }
    }

    public void Hear(StoreNewsMessage news)
    {
        if (news.Seat.Incarnation != _seat.Incarnation) return;
        _heard = true;
        _isCut = news.IsCut;
        _readable.UnionWith(news.Stored);
        _readable.ExceptWith(news.Dropped);
    }

    private async Task WriteAsync(StoreOrder order)
    {
        try
        {
            if (!await store.WriteAsync(order)) Rejoin();
        }
        catch (Exception failure) when (failure is not OutOfMemoryException)
        {
            Lost(failure);
        }
    }

    private async Task ReadAsync(StoreOrder order, Action<StoreRead> read)
    {
        StoreArrival arrival;
        try
        {
            arrival = await store.ReadAsync(order);
        }
        catch (Exception failure) when (failure is not OutOfMemoryException)
        {
            Lost(failure);
            arrival = new StoreArrival(order.AtNs, Arrived: false);
        }

        lock (gate)
        {
            // It crashed meanwhile: nobody waits any more.
            if (_hasLeft || order.Seat.Life != _seat.Life) return;
            if (!arrival.IsKnown) Rejoin();
            Input(arrival.AtNs, () => read(new StoreRead(arrival.AtNs, arrival.Arrived)));
        }
    }

    private void Lost(Exception failure)
    {
        lock (gate)
        {
            if (_hasLeft) return;
            GrainLog.StoreLost(logger, _seat.Instance, failure);
            Rejoin();
        }
    }

    private void Rejoin()
    {
        lock (gate)
        {
            _readable.Clear();
            if (!_isJoining && !_hasLeft) _ = RejoinAsync();
        }
    }

    private async Task RejoinAsync()
    {
        try
        {
            await JoinAsync();
        }
        catch (Exception failure) when (failure is not OutOfMemoryException)
        {
            // Its next order tries again.
            lock (gate) _isJoining = false;
            GrainLog.StoreLost(logger, _seat.Instance, failure);
        }
    }
}
