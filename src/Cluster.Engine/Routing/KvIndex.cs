using System.Numerics;
using Cluster.Engine.KvCache;

namespace Cluster.Engine.Routing;

/// <summary>Which instance has which block cached, as told by block events: the router's view, not the truth.</summary>
public sealed class KvIndex(int instances)
{
    private readonly BlockKeyTable _slots = new();
    private int _words = (instances + 63) / 64;
    private ulong[] _alive = new ulong[(instances + 63) / 64];
    private ulong[] _holders = new ulong[64];

    /// <summary>Distinct blocks known.</summary>
    public int Count => _slots.Count;

    public void Stored(int instance, ulong key)
    {
        _slots.TryAdd(key, out var slot);
        if ((slot + 1) * _words > _holders.Length) Array.Resize(ref _holders, _slots.SlotLimit * _words);
        _holders[slot * _words + instance / 64] |= 1UL << (instance % 64);
    }

    public void Removed(int instance, ulong key)
    {
        if (!_slots.TryGet(key, out var slot)) return;
        var holders = _holders.AsSpan(slot * _words, _words);
        holders[instance / 64] &= ~(1UL << (instance % 64));
        if (holders.ContainsAnyExcept(0UL)) return;
        _slots.Remove(key);
    }

    /// <summary>There are more instances now, behind the others.</summary>
    public void Grow(int count)
    {
        var words = (count + 63) / 64;
        if (words <= _words) return;
        var slots = _holders.Length / _words;
        var holders = new ulong[slots * words];
        for (var slot = 0; slot < slots; slot++) _holders.AsSpan(slot * _words, _words).CopyTo(holders.AsSpan(slot * words));
        (_words, _holders, _alive) = (words, holders, new ulong[words]);
    }

    /// <summary>An instance is gone, and all that it had.</summary>
    public void RemoveAll(int instance)
    {
        foreach (var key in _slots.Keys()) Removed(instance, key);
    }

    /// <summary>How many leading blocks of this chain each instance has.</summary>
    /// <param name="blocks">The prompt's.</param>
    /// <param name="overlaps">Cleared, then filled.</param>
    public void Overlaps(ChainSlice blocks, PrefixMatches overlaps)
    {
        ArgumentNullException.ThrowIfNull(overlaps);
        overlaps.Clear();
        if (Count == 0) return;
        var chain = blocks.Keys;
        _alive.AsSpan().Fill(ulong.MaxValue);
        var at = 0;
        for (; at < chain.Length; at++)
        {
            if (!_slots.TryGet(chain[at], out var slot)) break;
            var any = false;
            for (var word = 0; word < _words; word++)
            {
                var stays = _alive[word] & _holders[slot * _words + word];
                if (at > 0) Set(overlaps, word, _alive[word] & ~stays, at);
                _alive[word] = stays;
                any |= stays != 0;
            }

            if (!any) return;
        }

        if (at == 0) return;
        for (var word = 0; word < _words; word++) Set(overlaps, word, _alive[word], at);
    }

    private static void Set(PrefixMatches overlaps, int word, ulong instances, int blocks)
    {
        for (; instances != 0; instances &= instances - 1) overlaps.Set((word << 6) + BitOperations.TrailingZeroCount(instances), blocks);
    }
}
