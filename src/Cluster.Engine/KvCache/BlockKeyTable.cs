using System.Numerics;

namespace Cluster.Engine.KvCache;

/// <summary>
/// Gives each block key a slot, a small number that its owner's arrays are indexed by. Open addressing, linear probing, no
/// tombstones, key and slot side by side: whether a key is there and where takes one cache line, whatever else was hashed near it. Blocks
/// are looked up whenever a prompt comes, is computed and leaves, and misses in the processor's cache are most of what a look-up costs.
/// </summary>
public sealed class BlockKeyTable
{
    private const int SmallestCapacity = 64;
    private const int SmallestLimit = 16;

    private Entry[] _table = new Entry[SmallestCapacity];
    private int _shift = 64 - 6;
    private readonly Stack<int> _vacant = new();
    private int _used;

    private struct Entry
    {
        public ulong Key;

        /// <summary>Slot + 1; 0 is empty.</summary>
        public int Place;
    }

    public int Count { get; private set; }

    /// <summary>Slots are below this: what arrays indexed by them need to hold.</summary>
    public int SlotLimit => Math.Max(SmallestLimit, (int)BitOperations.RoundUpToPowerOf2((uint)_used));

    /// <summary>Every key, in no order that means anything.</summary>
    public ulong[] Keys() => [.. _table.Where(entry => entry.Place != 0).Select(entry => entry.Key)];

    public bool Contains(ulong key) => TryGet(key, out _);

    public bool TryGet(ulong key, out int slot)
    {
        slot = _table[Locate(key)].Place - 1;
        return slot >= 0;
    }

    /// <summary>The slot of a key that must be there.</summary>
    /// <exception cref="KeyNotFoundException">It is not.</exception>
    public int this[ulong key] => TryGet(key, out var slot) ? slot : throw new KeyNotFoundException($"No block has key {key:x16}.");

    /// <param name="slot">The key's slot, new or not.</param>
    /// <returns>False when the key was there already.</returns>
    public bool TryAdd(ulong key, out int slot)
    {
        ref var entry = ref _table[Locate(key)];
        slot = entry.Place - 1;
        if (slot >= 0) return false;
        if (!_vacant.TryPop(out slot)) slot = _used++;
        entry = new Entry { Key = key, Place = slot + 1 };
        // Linear probing stays short up to two thirds.
        if (++Count * 3L > _table.Length * 2L) Grow();
        return true;
    }

    /// <summary>Forgets a key; its slot goes to the next that is added.</summary>
    /// <returns>False when there is no such key.</returns>
    public bool Remove(ulong key)
    {
        var table = _table;
        var hole = Locate(key);
        if (table[hole].Place == 0) return false;
        _vacant.Push(table[hole].Place - 1);
        var mask = table.Length - 1;
        // Whatever probed across the hole moves into it, so that no later search ends there early.
        for (var at = (hole + 1) & mask; table[at].Place != 0; at = (at + 1) & mask)
        {
            if (((at - Home(table[at].Key)) & mask) < ((at - hole) & mask)) continue;
            table[hole] = table[at];
            hole = at;
        }

        table[hole] = default;
        Count--;
        return true;
    }

    /// <summary>Where the key is, or would go.</summary>
    private int Locate(ulong key)
    {
        var table = _table;
        var at = Home(key);
        while (table[at].Place != 0 && table[at].Key != key) at = (at + 1) & (table.Length - 1);
        return at;
    }

    /// <summary>Fibonacci hashing: spreads keys that count upwards as well as those that are hashes.</summary>
    private int Home(ulong key) => (int)((key * 0x9E3779B97F4A7C15UL) >> _shift);

    private void Grow()
    {
        var old = _table;
        _table = new Entry[old.Length * 2];
        _shift--;
        foreach (var entry in old)
            if (entry.Place != 0) _table[Locate(entry.Key)] = entry;
    }
}
