using System.Collections.Immutable;
using Cluster.Engine.KvCache.Eviction;
using Cluster.Engine.Topology;

namespace Cluster.Engine.KvCache;

/// <summary>
/// The KV blocks of one instance. A block is free, allocated to one sequence, or cached under its chained key:
/// shared by the sequences that refer to it, and evictable once none does. Always
/// <c>Free + Allocated + Referenced + Evictable = Total</c>.
/// </summary>
/// <remarks>
/// Blocks that only one sequence can use are counted, not named: what a block table would add is an address that
/// nothing in the model reads. Cached blocks are kept in runs (<see cref="BlockRuns"/>).
/// </remarks>
public sealed partial class BlockPool
{
    private readonly IKvEventSink? _events;
    private readonly IEvictionPolicy _eviction;
    private readonly BlockRuns _runs;
    private readonly List<int> _path = [];
    private readonly bool _extends;

    /// <param name="events">Learns what enters and leaves the cache; null where nobody listens.</param>
    /// <param name="eviction">Picks what goes when room is needed, for this pool alone; null: least recently released first.</param>
    /// <param name="groups">Layers that keep less than full attention does: what they need to go on from a block is cached beside it.</param>
    /// <param name="blockSize">Tokens per block; only groups ask.</param>
    /// <param name="extends">What a sequence stores joins the run of what it stored before, so that they go in one; off where each run that goes is a copy of its own.</param>
    public BlockPool(long totalBlocks, IKvEventSink? events = null, IEvictionPolicy? eviction = null, ImmutableArray<KvGroupSpec> groups = default, int blockSize = 1, bool extends = true)
    {
        _tails = groups.IsDefaultOrEmpty ? [] : [.. groups.Select(g => new TailCache(g, blockSize))];
        (Total, Free, _events) = (totalBlocks, totalBlocks, events);
        _eviction = eviction ?? new LruEviction();
        _extends = extends;
        _runs = new BlockRuns(_eviction);
    }

    public long Total { get; }

    /// <summary>Blocks without content.</summary>
    public long Free { get; private set; }

    /// <summary>Blocks that belong to exactly one sequence and are not in the prefix cache.</summary>
    public long Allocated { get; private set; }

    /// <summary>Cached blocks that at least one sequence uses.</summary>
    public long Referenced { get; private set; }

    /// <summary>Cached blocks that nobody uses.</summary>
    public long Evictable { get; private set; }

    /// <summary>Cached blocks that had to go to make room, since the pool began.</summary>
    public long Evicted { get; private set; }

    /// <summary>Blocks that an allocation can have: free ones, then evictable ones.</summary>
    public long Available => Free + Evictable;

    /// <summary>Share of blocks that sequences hold, as in vLLM's <c>kv_cache_usage_perc</c>.</summary>
    public double Usage => Total == 0 ? 0 : (Allocated + Referenced) / (double)Total;

    /// <summary>Takes blocks for one sequence, evicting where none is free; all or nothing.</summary>
    public bool TryAllocate(long blocks)
    {
        if (blocks > Available) return false;
        if (blocks > Free) MakeRoom(blocks - Free);
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
    public int CountPrefix(ChainSlice chain)
    {
        var hits = 0;
        while (hits < chain.Length && _runs.TryFind(chain[hits], out var run))
        {
            var same = _runs.CommonLength(run, chain.Chain!, chain.Length);
            hits += same;
            if (same < _runs[run].Count) break;
        }

        return hits;
    }

    /// <summary>Of the leading blocks of this chain, how many nobody uses now: acquiring them takes them from <see cref="Available"/>.</summary>
    public int CountEvictable(ChainSlice hits)
    {
        var evictable = 0;
        for (var at = 0; at < hits.Length;)
        {
            ref var run = ref _runs[_runs.Find(hits[at])];
            if (run.References == 0) evictable += Math.Min(run.Count, hits.Length - at);
            at += run.Count;
        }

        return evictable;
    }

    /// <summary>A sequence begins to use these cached blocks.</summary>
    /// <param name="hits">The leading blocks of a chain, as <see cref="CountPrefix"/> found them.</param>
    /// <exception cref="KeyNotFoundException">A block is not in the cache.</exception>
    public void Acquire(ChainSlice hits)
    {
        for (var at = 0; at < hits.Length;)
        {
            var run = _runs.Find(hits[at]);
            if (_runs[run].Count > hits.Length - at) _runs.Split(run, hits.Length - at);
            AddReference(run);
            at += _runs[run].Count;
        }
    }

    /// <summary>
    /// Blocks of one sequence are full and enter the cache, still used by it. A block that another sequence computed
    /// meanwhile is shared from now on, and the duplicate freed.
    /// </summary>
    /// <param name="chain">Keys from the sequence's first block on; kept, so never to be changed.</param>
    /// <param name="start">Blocks before this one are in the cache already and used by this sequence.</param>
    public void Publish(BlockChain chain, int start, int count)
    {
        if (_extends && _runs.TryExtend(chain, start, count, out var extended))
        {
            Stored(extended, chain, start, count);
            return;
        }

        for (var (at, end) = (start, start + count); at < end;)
        {
            if (!_runs.TryFind(chain[at], out var run))
            {
                // A block is in the cache only while those before it are, so none that follows a new one is there.
                Stored(_runs.Add(chain, at, end - at, references: 1), chain, at, end - at);
                return;
            }

            var same = _runs.CommonLength(run, chain, end);
            if (same < _runs[run].Count) _runs.Split(run, same);
            Allocated -= same;
            Free += same;
            AddReference(run);
            at += same;
        }
    }

    /// <summary>A sequence stops using these cached blocks; they stay, evictable, the last one first.</summary>
    /// <param name="keys">All that it uses, from its first block on.</param>
    public void Release(ChainSlice keys)
    {
        _path.Clear();
        for (var at = 0; at < keys.Length; at += _runs[_path[^1]].Count) _path.Add(_runs.Find(keys[at]));
        for (var i = _path.Count - 1; i >= 0; i--)
        {
            ref var run = ref _runs[_path[i]];
            if (i > 0) _eviction.Follow(_path[i - 1], _path[i]);
            if (--run.References > 0) continue;
            Referenced -= run.Count;
            Evictable += run.Count;
            run.ReleasedAt = _clock++;
            _eviction.Released(_path[i]);
        }
    }

    /// <summary>Forgets all content that nobody uses. Returns the number of blocks freed.</summary>
    public long EvictAll()
    {
        var evicted = Evictable;
        Evict(evicted);
        return evicted;
    }

    private void Stored(int run, BlockChain chain, int start, int count)
    {
        _eviction.Stored(run);
        Allocated -= count;
        Referenced += count;
        _events?.Stored(chain, start, count);
    }

    private void AddReference(int index)
    {
        ref var run = ref _runs[index];
        run.IsAlone = false;
        if (run.References++ == 0)
        {
            _eviction.Remove(index);
            Evictable -= run.Count;
            Referenced += run.Count;
        }

        _eviction.Used(index);
    }

    private void MakeRoom(long blocks)
    {
        var before = Evictable;
        Evict(blocks);
        Evicted += before - Evictable;
    }

    private void Evict(long blocks)
    {
        while (blocks > 0)
        {
            if (OldestTail() is { } tail)
            {
                blocks -= EvictTail(tail);
                continue;
            }

            var victim = _runs.NextVictim;
            ref var run = ref _runs[victim];
            var taken = (int)Math.Min(blocks, run.Count);
            var (chain, start) = (run.Chain, run.Start + run.Count - taken);
            if (taken < run.Count) run.Count -= taken;
            else _runs.RemoveVictim(victim);
            blocks -= taken;
            Evictable -= taken;
            Free += taken;
            _events?.Removed(chain!, start, taken);
        }
    }

    /// <summary>Counts everything again; for tests and for idle checks.</summary>
    /// <exception cref="InvalidOperationException">The books do not balance.</exception>
    public void CheckIntegrity()
    {
        long referenced = 0, evictable = 0;
        foreach (var run in _runs.All())
            if (_runs[run].References > 0) referenced += _runs[run].Count;
            else evictable += _runs[run].Count;
        foreach (var tails in _tails) evictable += tails.TotalPages;
        if (referenced != Referenced || evictable != Evictable || Free < 0 || Allocated < 0
            || Free + Allocated + Referenced + Evictable != Total)
        {
            throw new InvalidOperationException(
                $"KV blocks do not add up: free {Free} + allocated {Allocated} + referenced {Referenced} (counted {referenced}) "
                + $"+ evictable {Evictable} (counted {evictable}) ≠ total {Total}.");
        }
    }
}
