namespace Cluster.Engine.KvCache;

/// <summary>
/// A map from block key to slot that touches one cache line per look-up: open addressing, linear probing, no tombstones.
/// Blocks are looked up once per 16 tokens of every prompt, and misses in the cache are most of what a simulated step costs.
/// </summary>
public sealed class BlockKeyTable
{
    private const int SmallestCapacity = 64;
    private Entry[] _entries = new Entry[SmallestCapacity];
    private int _shift = 64 - 6;

    /// <param name="SlotPlusOne">0 marks an empty entry.</param>
    private record struct Entry(ulong Key, int SlotPlusOne);

    public int Count { get; private set; }

    /// <summary>Every key, in no order that means anything.</summary>
    public ulong[] Keys() => [.. _entries.Where(e => e.SlotPlusOne != 0).Select(e => e.Key)];

    public bool Contains(ulong key) => TryGet(key, out _);

    public bool TryGet(ulong key, out int slot)
    {
        slot = _entries[Locate(key)].SlotPlusOne - 1;
        return slot >= 0;
    }

    /// <summary>The slot of a key that must be there.</summary>
    /// <exception cref="KeyNotFoundException">It is not.</exception>
    public int this[ulong key] => TryGet(key, out var slot) ? slot : throw new KeyNotFoundException($"No block has key {key:x16}.");

    /// <returns>False, with the slot it has, when the key is there already.</returns>
    public bool TryAdd(ulong key, int slot, out int present)
    {
        var at = Locate(key);
        if (_entries[at].SlotPlusOne is not 0 and var found)
        {
            present = found - 1;
            return false;
        }

        _entries[at] = new Entry(key, slot + 1);
        present = slot;
        // Linear probing stays short up to two thirds.
        if (++Count * 3L > _entries.Length * 2L) Grow();
        return true;
    }

    /// <returns>False when there is no such key.</returns>
    public bool Remove(ulong key)
    {
        var hole = Locate(key);
        if (_entries[hole].SlotPlusOne == 0) return false;
        var mask = _entries.Length - 1;
        // Whatever probed across the hole moves into it, so that no later search ends there early.
        for (var at = (hole + 1) & mask; _entries[at].SlotPlusOne != 0; at = (at + 1) & mask)
        {
            if (((at - Home(_entries[at].Key)) & mask) < ((at - hole) & mask)) continue;
            _entries[hole] = _entries[at];
            hole = at;
        }

        _entries[hole] = default;
        Count--;
        return true;
    }

    /// <summary>Where the key is, or would go.</summary>
    private int Locate(ulong key)
    {
        var entries = _entries;
        var at = Home(key);
        while (entries[at].SlotPlusOne != 0 && entries[at].Key != key) at = (at + 1) & (entries.Length - 1);
        return at;
    }

    /// <summary>Fibonacci hashing: spreads keys that count upwards as well as those that are hashes.</summary>
    private int Home(ulong key) => (int)((key * 0x9E3779B97F4A7C15UL) >> _shift);

    private void Grow()
    {
        var old = _entries;
        _entries = new Entry[old.Length * 2];
        _shift--;
        foreach (var entry in old)
            if (entry.SlotPlusOne != 0) _entries[Locate(entry.Key)] = entry;
    }
}
