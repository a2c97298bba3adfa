using Cluster.Engine.Topology;

namespace Cluster.Engine.KvCache;

/// <summary>
/// What one group of a hybrid model's layers left behind, by the key of the block that it belongs to: blocks that a window has
/// passed, states as they were after a block. Nobody uses it: whoever goes on from it takes blocks of its own. Least recently
/// used first to go.
/// </summary>
internal sealed class TailCache(KvGroupSpec group, int blockSize)
{
    private readonly BlockKeyTable _index = new();
    private readonly SlotList _order = new();
    private ulong[] _keys = new ulong[32];
    private long[] _usedAt = new long[32];

    public int Pages => group.Pages;

    public long TotalPages => (long)_index.Count * group.Pages;

    /// <summary>Whether each block has one of its own, or a sequence has one wherever it stands.</summary>
    public bool IsState => group.Kind == KvGroupKind.State;

    /// <summary>When the one that goes first was used last; <see cref="long.MaxValue"/> while empty.</summary>
    public long OldestUse => _order.Oldest == SlotList.None ? long.MaxValue : _usedAt[_order.Oldest];

    /// <summary>The longest prefix of so many blocks at most that can be gone on from.</summary>
    public int Usable(ReadOnlySpan<ulong> chain, int blocks)
    {
        var (needed, found) = (group.BlocksNeeded(blockSize), 0);
        for (var at = blocks; at > 0; at--)
        {
            // From the end on, as many in a row as are needed, or all that there are before the first block.
            found = _index.Contains(chain[at - 1]) ? found + 1 : 0;
            if (found == 0) blocks = at - 1;
            else if (found == Math.Min(needed, blocks)) return blocks;
        }

        return blocks;
    }

    /// <summary>A sequence goes on from there.</summary>
    public void Use(ReadOnlySpan<ulong> chain, int blocks, long clock)
    {
        for (var at = Math.Max(0, blocks - group.BlocksNeeded(blockSize)); at < blocks; at++)
        {
            var slot = _index[chain[at]];
            _order.Remove(slot);
            Append(slot, clock);
        }
    }

    /// <summary>Takes one in; false when it is there already, and only goes later.</summary>
    public bool Store(ulong key, long clock)
    {
        if (!_index.TryAdd(key, out var slot))
        {
            _order.Remove(slot);
            Append(slot, clock);
            return false;
        }

        if (slot >= _keys.Length)
        {
            Array.Resize(ref _keys, _index.SlotLimit);
            Array.Resize(ref _usedAt, _index.SlotLimit);
        }

        _keys[slot] = key;
        Append(slot, clock);
        return true;
    }

    public bool Contains(ulong key) => _index.Contains(key);

    /// <summary>Drops the one that goes first.</summary>
    public void RemoveOldest()
    {
        var slot = _order.Oldest;
        _order.Remove(slot);
        _index.Remove(_keys[slot]);
    }

    private void Append(int slot, long clock)
    {
        _usedAt[slot] = clock;
        _order.Append(slot);
    }
}
