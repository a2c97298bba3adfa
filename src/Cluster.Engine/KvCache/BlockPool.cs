namespace Cluster.Engine.KvCache;

/// <summary>
/// The KV blocks of one instance. A block is free, allocated to one sequence, or cached under its chained key:
/// shared by the sequences that refer to it, and evictable once none does. Always
/// <c>Free + Allocated + Referenced + Evictable = Total</c>.
/// </summary>
/// <remarks>
/// Blocks that only one sequence can use are counted, not named: what a block table would add is an address that
/// nothing in the model reads. Cached blocks are named by key. Evicts least recently released first and, within one
/// sequence, its tail first, as vLLM does, so that chains lose their ends before their beginnings.
/// </remarks>
public sealed class BlockPool(long totalBlocks, IKvEventSink? events = null)
{
    private const int None = -1;
    private readonly BlockKeyTable _index = new();
    private CachedBlock[] _blocks = new CachedBlock[16];
    private int _oldest = None;
    private int _newest = None;

    private struct CachedBlock
    {
        public int References;
        public int Older;
        public int Newer;
    }

    public long Total { get; } = totalBlocks;

    /// <summary>Blocks without content.</summary>
    public long Free { get; private set; } = totalBlocks;

    /// <summary>Blocks that belong to exactly one sequence and are not in the prefix cache.</summary>
    public long Allocated { get; private set; }

    /// <summary>Cached blocks that at least one sequence uses.</summary>
    public long Referenced { get; private set; }

    /// <summary>Cached blocks that nobody uses.</summary>
    public long Evictable { get; private set; }

    /// <summary>Blocks that an allocation can have: free ones, then evictable ones.</summary>
    public long Available => Free + Evictable;

    /// <summary>Share of blocks that sequences hold, as in vLLM's <c>kv_cache_usage_perc</c>.</summary>
    public double Usage => Total == 0 ? 0 : (Allocated + Referenced) / (double)Total;

    /// <summary>Takes blocks for one sequence, evicting where none is free; all or nothing.</summary>
    public bool TryAllocate(long blocks)
    {
        if (blocks > Available) return false;
        for (var missing = blocks - Free; missing > 0; missing--) EvictOldest();
        Free -= blocks;
        Allocated += blocks;
        return true;
    }

    /// <summary>Gives blocks of one sequence back, their content lost.</summary>
    public void Return(long blocks)
    {
        Allocated -= blocks;
        Free += blocks;
    }

    /// <summary>How many leading blocks of this chain are in the cache.</summary>
    public int CountPrefix(ReadOnlySpan<ulong> chain)
    {
        var hits = 0;
        while (hits < chain.Length && _index.Contains(chain[hits])) hits++;
        return hits;
    }

    /// <summary>Of the leading blocks of this chain, how many nobody uses now: acquiring them takes them from <see cref="Available"/>.</summary>
    public int CountEvictable(ReadOnlySpan<ulong> hits)
    {
        var evictable = 0;
        foreach (var key in hits)
            if (_blocks[_index[key]].References == 0) evictable++;
        return evictable;
    }

    /// <summary>A sequence begins to use these cached blocks.</summary>
    /// <exception cref="KeyNotFoundException">A block is not in the cache.</exception>
    public void Acquire(ReadOnlySpan<ulong> hits)
    {
        foreach (var key in hits) AddReference(_index[key]);
    }

    /// <summary>
    /// Blocks of one sequence are full and enter the cache, still used by it. A block that another sequence computed
    /// meanwhile is shared from now on, and the duplicate freed.
    /// </summary>
    public void Publish(ReadOnlySpan<ulong> keys)
    {
        foreach (var key in keys)
        {
            Allocated--;
            if (!_index.TryAdd(key, out var slot))
            {
                Free++;
                AddReference(slot);
                continue;
            }

            Begin(slot);
            Referenced++;
            events?.Stored(key);
        }
    }

    /// <summary>A sequence stops using these cached blocks; they stay, evictable, the last one first.</summary>
    public void Release(ReadOnlySpan<ulong> keys)
    {
        for (var i = keys.Length - 1; i >= 0; i--)
        {
            var slot = _index[keys[i]];
            if (--_blocks[slot].References > 0) continue;
            Referenced--;
            Evictable++;
            Append(slot);
        }
    }

    /// <summary>Forgets all content that nobody uses. Returns the number of blocks freed.</summary>
    public long EvictAll()
    {
        var evicted = Evictable;
        while (Evictable > 0) EvictOldest();
        return evicted;
    }

    private void AddReference(int slot)
    {
        if (_blocks[slot].References++ > 0) return;
        Unlink(slot);
        Evictable--;
        Referenced++;
    }

    private void EvictOldest()
    {
        var slot = _oldest;
        Unlink(slot);
        var key = _index.KeyOf(slot);
        _index.Remove(key);
        Evictable--;
        Free++;
        events?.Removed(key);
    }

    private void Begin(int slot)
    {
        if (slot >= _blocks.Length) Array.Resize(ref _blocks, _index.SlotLimit);
        _blocks[slot] = new CachedBlock { References = 1, Older = None, Newer = None };
    }

    private void Append(int slot)
    {
        _blocks[slot].Older = _newest;
        _blocks[slot].Newer = None;
        if (_newest != None) _blocks[_newest].Newer = slot;
        else _oldest = slot;
        _newest = slot;
    }

    private void Unlink(int slot)
    {
        var (older, newer) = (_blocks[slot].Older, _blocks[slot].Newer);
        if (older != None) _blocks[older].Newer = newer;
        else _oldest = newer;
        if (newer != None) _blocks[newer].Older = older;
        else _newest = older;
    }

    /// <summary>Counts everything again; for tests and for idle checks.</summary>
    /// <exception cref="InvalidOperationException">The books do not balance.</exception>
    public void CheckIntegrity()
    {
        long referenced = 0, evictable = 0;
        foreach (var key in _index.Keys())
            if (_blocks[_index[key]].References > 0) referenced++;
            else evictable++;
        if (referenced != Referenced || evictable != Evictable || Free < 0 || Allocated < 0
            || Free + Allocated + Referenced + Evictable != Total)
        {
            throw new InvalidOperationException(
                $"KV blocks do not add up: free {Free} + allocated {Allocated} + referenced {Referenced} (counted {referenced}) "
                + $"+ evictable {Evictable} (counted {evictable}) ≠ total {Total}.");
        }
    }
}
