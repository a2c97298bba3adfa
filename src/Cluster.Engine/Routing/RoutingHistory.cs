namespace Cluster.Engine.Routing;

/// <summary>
/// What a router remembers of its own placements, where no block events reach it: a block is taken to be where a
/// prompt with it was sent, until nothing has been sent there with it for the time to live.
/// </summary>
internal sealed class RoutingHistory(KvIndex index, long timeToLiveNs)
{
    private readonly Queue<(long ExpiresNs, int Instance, ulong Key)> _order = new();
    private readonly Dictionary<(int Instance, ulong Key), long> _expiries = [];

    public void Placed(int instance, ReadOnlySpan<ulong> keys, long nowNs)
    {
        foreach (var key in keys)
        {
            _expiries[(instance, key)] = nowNs + timeToLiveNs;
            _order.Enqueue((nowNs + timeToLiveNs, instance, key));
            index.Stored(instance, key);
        }
    }

    public void Expire(long nowNs)
    {
        while (_order.TryPeek(out var oldest) && oldest.ExpiresNs <= nowNs)
        {
            _order.Dequeue();
            // Sent there again since?
            if (!_expiries.TryGetValue((oldest.Instance, oldest.Key), out var expiresNs) || expiresNs != oldest.ExpiresNs) continue;
            _expiries.Remove((oldest.Instance, oldest.Key));
            index.Removed(oldest.Instance, oldest.Key);
        }
    }
}
