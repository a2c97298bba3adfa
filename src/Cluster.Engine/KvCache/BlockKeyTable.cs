namespace Cluster.Engine.KvCache;

/// <summary>
/// Gives each block key a slot, a small number that its owner's arrays are indexed by. Open addressing, linear probing, no
/// tombstones, four bytes per entry: a key that is not there is found out in one cache line of a small table. Blocks are
/// looked up once per 16 tokens of every prompt, and misses in the processor's cache are most of what a simulated step costs.
/// </summary>
public sealed class BlockKeyTable
{
    private const int SmallestCapacity = 64;
    private const int None = -1;

    /// <summary>Slot + 1 of the key that lives here; 0 is empty.</summary>
    private int[] _table = new int[SmallestCapacity];
    private int _shift = 64 - 6;

    /// <summary>By slot. A vacant slot holds the next vacant one.</summary>
    private ulong[] _keys = new ulong[SmallestCapacity / 2];
    private int _used;
    private int _vacant = None;

    public int Count { get; private set; }

    /// <summary>Slots are below this: what arrays indexed by them need to hold.</summary>
    public int SlotLimit => _keys.Length;

    /// <summary>Every key, in no order that means anything.</summary>
    public ulong[] Keys() => [.. _table.Where(entry => entry != 0).Select(entry => _keys[entry - 1])];

    public bool Contains(ulong key) => _table[Locate(key)] != 0;

    public bool TryGet(ulong key, out int slot)
    {
        slot = _table[Locate(key)] - 1;
        return slot >= 0;
    }

    /// <summary>The slot of a key that must be there.</summary>
    /// <exception cref="KeyNotFoundException">It is not.</exception>
    public int this[ulong key] => TryGet(key, out var slot) ? slot : throw new KeyNotFoundException($"No block has key {key:x16}.");

    /// <summary>The key of a slot in use.</summary>
    public ulong KeyOf(int slot) => _keys[slot];

    /// <param name="slot">The key's slot, new or not.</param>
    /// <returns>False when the key was there already.</returns>
    public bool TryAdd(ulong key, out int slot)
    {
        var at = Locate(key);
        slot = _table[at] - 1;
        if (slot >= 0) return false;
        slot = TakeSlot(key);
        _table[at] = slot + 1;
        // Linear probing stays short up to two thirds.
        if (++Count * 3L > _table.Length * 2L) Grow();
        return true;
    }

    /// <summary>Forgets a key; its slot goes to the next that is added.</summary>
    /// <returns>False when there is no such key.</returns>
    public bool Remove(ulong key)
    {
        var hole = Locate(key);
        var slot = _table[hole] - 1;
        if (slot < 0) return false;
        var mask = _table.Length - 1;
        // Whatever probed across the hole moves into it, so that no later search ends there early.
        for (var at = (hole + 1) & mask; _table[at] != 0; at = (at + 1) & mask)
        {
            if (((at - Home(_keys[_table[at] - 1])) & mask) < ((at - hole) & mask)) continue;
            _table[hole] = _table[at];
            hole = at;
        }

        _table[hole] = 0;
        _keys[slot] = (ulong)(uint)_vacant;
        _vacant = slot;
        Count--;
        return true;
    }

    private int TakeSlot(ulong key)
    {
        var slot = _vacant;
        if (slot != None) _vacant = (int)(uint)_keys[slot];
        else
        {
            if (_used == _keys.Length) Array.Resize(ref _keys, _used * 2);
            slot = _used++;
        }

        _keys[slot] = key;
        return slot;
    }

    /// <summary>Where the key is, or would go.</summary>
    private int Locate(ulong key)
    {
        var table = _table;
        var at = Home(key);
        while (table[at] != 0 && _keys[table[at] - 1] != key) at = (at + 1) & (table.Length - 1);
        return at;
    }

    /// <summary>Fibonacci hashing: spreads keys that count upwards as well as those that are hashes.</summary>
    private int Home(ulong key) => (int)((key * 0x9E3779B97F4A7C15UL) >> _shift);

    private void Grow()
    {
        var old = _table;
        _table = new int[old.Length * 2];
        _shift--;
        foreach (var entry in old)
            if (entry != 0) _table[Locate(_keys[entry - 1])] = entry;
    }
}
