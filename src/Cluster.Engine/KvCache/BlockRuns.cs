using Cluster.Engine.KvCache.Eviction;

namespace Cluster.Engine.KvCache;

/// <summary>Cached blocks that follow each other, entered the cache together and have the same users.</summary>
internal struct BlockRun
{
    /// <summary>Of the sequence that it came from, from its first block on; blocks of the run are [Start, Start + Count).</summary>
    public BlockChain? Chain;

    /// <summary>Of its first block.</summary>
    public ulong Key;
    public int Start;
    public int Count;
    public int References;

    /// <summary>Only the sequence that stored it has ever used it, and nothing follows it: what that sequence stores next may join it.</summary>
    public bool IsAlone;

    /// <summary>When its last user left, by the pool's own count.</summary>
    public long ReleasedAt;
}

/// <summary>
/// The prefix cache as runs of blocks instead of blocks: a radix tree whose edges are found by the key of their first block
/// (SGLang's RadixAttention, arXiv:2312.07104 §3, over chained block hashes). What a prompt shares with nobody is one run,
/// however long, so looking up, releasing and evicting cost by run. A run is split where sequences part.
/// </summary>
internal sealed class BlockRuns(IEvictionPolicy eviction)
{
    private readonly BlockKeyTable _index = new();
    private BlockRun[] _runs = new BlockRun[16];

    /// <summary>The run without users to evict from; undefined when all have users.</summary>
    public int NextVictim => eviction.Next;

    public ref BlockRun this[int run] => ref _runs[run];

    public bool TryFind(ulong firstKey, out int run) => _index.TryGet(firstKey, out run);

    /// <exception cref="KeyNotFoundException">No run begins with this block.</exception>
    public int Find(ulong firstKey) => _index[firstKey];

    /// <summary>How many leading blocks of the run and of this chain, before its block <paramref name="end"/>, are the same. The first is.</summary>
    public int CommonLength(int run, BlockChain chain, int end)
    {
        ref var entry = ref _runs[run];
        return Math.Max(1, entry.Chain!.CommonLength(chain, entry.Start, Math.Min(entry.Count, end - entry.Start)));
    }

    public int Add(BlockChain chain, int start, int count, int references)
    {
        var key = chain[start];
        _index.TryAdd(key, out var slot);
        if (slot >= _runs.Length) Array.Resize(ref _runs, _index.SlotLimit);
        _runs[slot] = new BlockRun { Chain = chain, Key = key, Start = start, Count = count, References = references, IsAlone = true };
        return slot;
    }

    /// <summary>A sequence goes on storing: its blocks join the run of those before them, where that is all there is of its chain and its own.</summary>
    /// <param name="start">Blocks of the chain that the sequence uses already, all in the cache.</param>
    public bool TryExtend(BlockChain chain, int start, int count, out int run)
    {
        run = -1;
        if (start == 0 || !_index.TryGet(chain[0], out run)) return false;
        ref var entry = ref _runs[run];
        if (!entry.IsAlone || entry.Chain != chain || entry.Count != start) return false;
        entry.Count += count;
        return true;
    }

    /// <summary>The run keeps its first blocks; the others become a run of their own, to be evicted before it.</summary>
    public void Split(int run, int at)
    {
        var whole = _runs[run];
        var tail = Add(whole.Chain!, whole.Start + at, whole.Count - at, whole.References);
        _runs[tail].ReleasedAt = whole.ReleasedAt;
        (_runs[run].Count, _runs[run].IsAlone) = (at, false);
        eviction.Split(run, tail, whole.References == 0);
    }

    public void RemoveVictim(int run)
    {
        eviction.Remove(run);
        _index.Remove(_runs[run].Key);
        _runs[run].Chain = null;
    }

    /// <summary>Every run, in no order that means anything.</summary>
    public IEnumerable<int> All() => _index.Keys().Select(key => _index[key]);
}
