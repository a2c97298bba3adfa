namespace Cluster.Engine.KvCache;

/// <summary>
/// Hybrid models: windows and states share the pool with full attention. What they leave behind is cached beside the blocks of
/// full attention and evicted with them, whichever was used longest ago; a prefix can be reused as far as both are there, as in
/// vLLM's hybrid KV cache manager.
/// </summary>
public sealed partial class BlockPool
{
    private readonly TailCache[] _tails;
    private long _clock;

    /// <summary>Of the leading blocks that full attention has of this chain, how many a sequence can go on from.</summary>
    public int CountUsable(ChainSlice chain, int hits)
    {
        if (_tails.Length == 0) return hits;
        for (var before = -1; before != hits;)
        {
            before = hits;
            foreach (var tails in _tails) hits = tails.Usable(chain.Keys, hits);
        }

        return hits;
    }

    /// <summary>A sequence goes on from there: what it needs of windows and states was used.</summary>
    public void UseTails(ChainSlice hits)
    {
        if (_tails.Length == 0 || hits.IsEmpty) return;
        foreach (var tails in _tails) tails.Use(hits.Keys, hits.Length, _clock++);
    }

    /// <summary>
    /// A sequence leaves behind what windows and states had of these blocks, where there is room; else it is lost. A state is
    /// kept after the last of them alone.
    /// </summary>
    /// <param name="mayEvict">Room is made by eviction; else only free blocks are taken.</param>
    public void StoreTails(BlockChain chain, int start, int end, bool mayEvict)
    {
        foreach (var tails in _tails)
            for (var at = tails.IsState ? Math.Max(start, end - 1) : start; at < end; at++) StoreTail(tails, chain[at], mayEvict);
    }

    private void StoreTail(TailCache tails, ulong key, bool mayEvict)
    {
        if (tails.Contains(key))
        {
            tails.Store(key, _clock++);
            return;
        }

        if (tails.Pages > (mayEvict ? Available : Free)) return;
        if (tails.Pages > Free) MakeRoom(tails.Pages - Free);
        Free -= tails.Pages;
        Evictable += tails.Pages;
        tails.Store(key, _clock++);
    }

    /// <summary>The group whose oldest is to go before any block of full attention; null: none.</summary>
    private TailCache? OldestTail()
    {
        TailCache? oldest = null;
        foreach (var tails in _tails)
            if (tails.OldestUse < (oldest?.OldestUse ?? long.MaxValue)) oldest = tails;
        if (oldest is null) return null;
        var pages = 0L;
        foreach (var tails in _tails) pages += tails.TotalPages;
        return Evictable == pages || oldest.OldestUse < _runs[_runs.NextVictim].ReleasedAt ? oldest : null;
    }

    private long EvictTail(TailCache tails)
    {
        tails.RemoveOldest();
        Evictable -= tails.Pages;
        Free += tails.Pages;
        return tails.Pages;
    }
}
