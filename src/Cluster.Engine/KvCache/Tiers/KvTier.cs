using Cluster.Engine.Topology;

namespace Cluster.Engine.KvCache.Tiers;

/// <summary>A block by its place in a chain of keys: what comes before it is part of what it is.</summary>
public readonly record struct ChainedBlock(BlockChain Chain, int Index)
{
    /// <summary>Tiers ask for one block after the other, the last first, so the chain had better hold its keys.</summary>
    public ulong Key => Chain.Keys[Index];
}

/// <summary>The blocks of one tier, least recently used first to go.</summary>
public sealed class KvTier(KvTierSpec spec)
{
    private readonly BlockKeyTable _index = new();
    private readonly SlotList _order = new();
    private ChainedBlock[] _blocks = new ChainedBlock[32];
    private long[] _readableNs = new long[32];

    public KvTierSpec Spec => spec;

    public long Count => _index.Count;

    /// <summary>Of all blocks, those on their way here among them, in no order.</summary>
    public ulong[] Keys => _index.Keys();

    public bool Contains(ulong key) => _index.Contains(key);

    /// <summary>When the block's copy to this tier has ended: it cannot be read before.</summary>
    public long ReadableNs(ulong key) => _readableNs[_index[key]];

    /// <summary>The block's copy to this tier ends then; a block that has gone meanwhile is none of ours.</summary>
    public void SetReadable(ulong key, long atNs)
    {
        if (_index.TryGet(key, out var slot)) _readableNs[slot] = atNs;
    }

    /// <summary>A block is used again: it goes last.</summary>
    public void Touch(ulong key)
    {
        var slot = _index[key];
        _order.Remove(slot);
        _order.Append(slot);
    }

    /// <summary>Takes a block in; one that it has already is only touched.</summary>
    /// <param name="displaced">The block that had to go for it; null where none had to.</param>
    /// <returns>Whether the block is new here, so that it has to be written.</returns>
    public bool Store(ChainedBlock block, out ChainedBlock? displaced)
    {
        displaced = null;
        if (!_index.TryAdd(block.Key, out var slot))
        {
            Touch(block.Key);
            return false;
        }

        if (slot >= _blocks.Length)
        {
            Array.Resize(ref _blocks, _index.SlotLimit);
            Array.Resize(ref _readableNs, _index.SlotLimit);
        }

        _blocks[slot] = block;
        _readableNs[slot] = 0;
        _order.Append(slot);
        if (Count > spec.Blocks && TryTakeOldest(out var oldest)) displaced = oldest;
        return true;
    }

    /// <summary>Takes a block out, if it is here.</summary>
    public void Remove(ulong key)
    {
        if (!_index.TryGet(key, out var slot)) return;
        _order.Remove(slot);
        _index.Remove(key);
        _blocks[slot] = default;
    }

    /// <summary>Takes the block out that goes next; false when there is none.</summary>
    public bool TryTakeOldest(out ChainedBlock block)
    {
        var slot = _order.Oldest;
        block = slot == SlotList.None ? default : _blocks[slot];
        if (slot == SlotList.None) return false;
        _order.Remove(slot);
        _index.Remove(block.Key);
        _blocks[slot] = default;
        return true;
    }
}
