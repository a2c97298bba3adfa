using Cluster.Engine.Topology;

namespace Cluster.Engine.Routing;

/// <summary>
/// What a router remembers of its own placements, where no block events reach it: a block is taken to be where a prompt with it was
/// sent, until nothing has been sent there with it for the time to live (Dynamo), or so much else has that a cache of the size
/// assumed would have dropped it (the Gateway API Inference Extension's <c>prefix-cache-scorer</c>, llm-d's default).
/// </summary>
internal sealed class RoutingHistory(KvIndex index, RouterSpec spec)
{
    private readonly Queue<(long ExpiresNs, int Instance, ulong Key, long Use)> _byTime = new();
    private readonly Dictionary<int, Memory> _memories = [];
    private long _uses;

    /// <summary>What is believed of one instance, in the order of last use.</summary>
    private sealed class Memory
    {
        public Dictionary<ulong, long> LastUses { get; } = [];
        public Queue<(ulong Key, long Use)> Order { get; } = new();
    }

    /// <param name="blockSize">Tokens per block.</param>
    public void Placed(int instance, ReadOnlySpan<ulong> keys, int blockSize, long nowNs)
    {
        if (!_memories.TryGetValue(instance, out var memory)) _memories.Add(instance, memory = new Memory());
        foreach (var key in keys)
        {
            memory.LastUses[key] = ++_uses;
            _byTime.Enqueue((nowNs + spec.HistoryTtlNs, instance, key, _uses));
            if (spec.HistoryCapacityTokens is not null) memory.Order.Enqueue((key, _uses));
            index.Stored(instance, key);
        }

        if (spec.HistoryCapacityTokens is not { } tokens) return;
        while (memory.LastUses.Count > tokens / blockSize)
        {
            var (key, use) = memory.Order.Dequeue();
            Forget(instance, memory, key, use);
        }
    }

    public void Expire(long nowNs)
    {
        while (_byTime.TryPeek(out var oldest) && oldest.ExpiresNs <= nowNs)
        {
            _byTime.Dequeue();
            Forget(oldest.Instance, _memories[oldest.Instance], oldest.Key, oldest.Use);
        }
    }

    /// <summary>Unless it was sent there again since.</summary>
    private void Forget(int instance, Memory memory, ulong key, long use)
    {
        if (!memory.LastUses.TryGetValue(key, out var last) || last != use) return;
        memory.LastUses.Remove(key);
        index.Removed(instance, key);
    }
}
