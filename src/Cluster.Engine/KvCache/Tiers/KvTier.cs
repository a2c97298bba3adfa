using Cluster.Engine.Topology;

namespace Cluster.Engine.KvCache.Tiers;

/// <summary>A block by its place in a chain of keys: what comes before it is part of what it is.</summary>
public readonly record struct ChainedBlock(ulong[] Chain, int Index)
{
    public ulong Key => Chain[Index];
}

/// <summary>The blocks of one tier, least recently used first to go.</summary>
public sealed class KvTier(KvTierSpec spec)
{
    private readonly BlockKeyTable _index = new();
    private readonly SlotList _order = new();
    private ChainedBlock[] _blocks = new ChainedBlock[32];

    public KvTierSpec Spec => spec;

    public long Count => _index.Count;

    public bool Contains(ulong key) => _index.Contains(key);

    /// <summary>A block is used again: it goes last.</summary>
    public void Touch(ulong key)
    {
        var slot = _index[key];
        _order.Remove(slot);
        _order.Append(slot);
    }

    /// <summary>Takes a block in.</summary>
    /// <param name="displaced">The block that had to go for it.</param>
    /// <returns>Whether one had to.</returns>
    public bool Store(ChainedBlock block, out ChainedBlock displaced)
    {
        displaced = default;
        if (!_index.TryAdd(block.Key, out var slot))
        {
            Touch(block.Key);
            return false;
        }

        if (slot >= _blocks.Length) Array.Resize(ref _blocks, _index.SlotLimit);
        _blocks[slot] = block;
        _order.Append(slot);
        return Count > spec.Blocks && TryTakeOldest(out displaced);
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
