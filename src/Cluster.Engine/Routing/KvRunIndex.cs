using Cluster.Engine.KvCache;

namespace Cluster.Engine.Routing;

/// <summary>
/// What <see cref="KvIndex"/> knows, learnt from events of whole runs: a radix tree over chained keys, each of its runs with
/// how many of its leading blocks each instance has. Costs by run, not by block.
/// </summary>
public sealed class KvRunIndex(int instances)
{
    private readonly BlockKeyTable _slots = new();
    private int _instances = instances;
    private Run[] _runs = new Run[16];

    private struct Run
    {
        public ulong[] Chain;
        public int Start;
        public int Count;

        /// <summary>The only holder and its leading blocks, as long as <see cref="HeldBy"/> is null.</summary>
        public int Holder;
        public int Held;

        /// <summary>Leading blocks by instance, once there has been more than one holder.</summary>
        public int[]? HeldBy;
    }

    /// <summary>Runs known.</summary>
    public int Count => _slots.Count;

    /// <summary>Blocks of a chain are in an instance's cache from now on, after those before <paramref name="start"/>.</summary>
    public void Stored(int instance, ulong[] chain, int start, int count)
    {
        for (var (at, end) = (0, start + count); at < end;)
        {
            if (!_slots.TryGet(chain[at], out var slot))
            {
                // Where what comes before is not known (the index was lost since), what follows cannot be hit.
                if (at >= start) Add(instance, chain, at, end - at, end - at);
                return;
            }

            var same = CommonLength(slot, chain.AsSpan(at, end - at));
            if (same < _runs[slot].Count && at + same < end) Split(slot, same);
            var held = HeldBy(in _runs[slot], instance);
            if (held < Math.Min(same, start - at)) return;
            if (held < same) Hold(ref _runs[slot], instance, same);
            at += same;
        }
    }

    /// <summary>An instance evicted blocks of a chain, and has nothing that follows them.</summary>
    public void Removed(int instance, ulong[] chain, int start, int count)
    {
        for (var at = 0; at < start + count && _slots.TryGet(chain[at], out var slot);)
        {
            var length = _runs[slot].Count;
            // Past this run only what the chain has in common with it matters.
            if (at < start && _runs[slot].Chain != chain && at + CommonLength(slot, chain.AsSpan(at)) < Math.Min(start, at + length)) return;
            if (at + length > start && HeldBy(in _runs[slot], instance) > Math.Max(0, start - at))
            {
                Hold(ref _runs[slot], instance, Math.Max(0, start - at));
                if (at >= start) RemoveIfUnheld(slot);
            }

            at += length;
        }
    }

    /// <summary>There are more instances now, behind the others.</summary>
    public void Grow(int count) => _instances = Math.Max(_instances, count);

    /// <summary>An instance is gone, and all that it had.</summary>
    public void RemoveAll(int instance)
    {
        foreach (var key in _slots.Keys())
        {
            var slot = _slots[key];
            if (HeldBy(in _runs[slot], instance) == 0) continue;
            Hold(ref _runs[slot], instance, 0);
            RemoveIfUnheld(slot);
        }
    }

    /// <inheritdoc cref="KvIndex.Overlaps"/>
    public void Overlaps(ReadOnlySpan<ulong> chain, Span<int> overlaps)
    {
        overlaps.Clear();
        for (var at = 0; at < chain.Length && _slots.TryGet(chain[at], out var slot);)
        {
            ref var run = ref _runs[slot];
            var same = CommonLength(slot, chain[at..]);
            if (run.HeldBy is not { } heldBy)
            {
                if (overlaps[run.Holder] == at) overlaps[run.Holder] += Math.Min(run.Held, same);
            }
            else
            {
                for (var i = 0; i < heldBy.Length; i++)
                    if (overlaps[i] == at) overlaps[i] += Math.Min(heldBy[i], same);
            }

            if (same < run.Count) return;
            at += same;
        }
    }

    private int CommonLength(int slot, ReadOnlySpan<ulong> keys) =>
        _runs[slot].Chain.AsSpan(_runs[slot].Start, _runs[slot].Count).CommonPrefixLength(keys);

    private static int HeldBy(in Run run, int instance)
    {
        if (run.HeldBy is not { } heldBy) return run.Holder == instance ? run.Held : 0;
        return instance < heldBy.Length ? heldBy[instance] : 0;
    }

    private void Hold(ref Run run, int instance, int blocks)
    {
        if (run.HeldBy is null)
        {
            if (run.Holder == instance || run.Held == 0)
            {
                (run.Holder, run.Held) = (instance, blocks);
                return;
            }

            run.HeldBy = new int[_instances];
            run.HeldBy[run.Holder] = run.Held;
        }

        if (instance >= run.HeldBy.Length) Array.Resize(ref run.HeldBy, _instances);
        run.HeldBy[instance] = blocks;
    }

    private int Add(int instance, ulong[] chain, int start, int count, int held)
    {
        _slots.TryAdd(chain[start], out var slot);
        if (slot >= _runs.Length) Array.Resize(ref _runs, _slots.SlotLimit);
        _runs[slot] = new Run { Chain = chain, Start = start, Count = count, Holder = instance, Held = held };
        return slot;
    }

    private void Split(int slot, int at)
    {
        var whole = _runs[slot];
        _runs[slot].Count = at;
        _runs[slot].Held = Math.Min(whole.Held, at);
        if (whole.HeldBy is null && whole.Held <= at) return; // nobody has what follows
        var tail = Add(whole.Holder, whole.Chain, whole.Start + at, whole.Count - at, Math.Max(0, whole.Held - at));
        if (whole.HeldBy is not { } heldBy) return;
        _runs[tail].HeldBy = [.. heldBy.Select(held => Math.Max(0, held - at))];
        for (var i = 0; i < heldBy.Length; i++) heldBy[i] = Math.Min(heldBy[i], at);
        RemoveIfUnheld(tail);
    }

    private void RemoveIfUnheld(int slot)
    {
        ref var run = ref _runs[slot];
        if (run.HeldBy is { } heldBy ? heldBy.AsSpan().ContainsAnyExcept(0) : run.Held > 0) return;
        _slots.Remove(run.Chain[run.Start]);
        run = default;
    }
}
