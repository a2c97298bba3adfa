using Cluster.Engine.KvCache;

namespace Cluster.Engine.Routing;

/// <summary>
/// What <see cref="KvIndex"/> knows, learnt from events of whole runs: a radix tree over chained keys, each of its runs with
/// how many of its leading blocks each instance has. Costs by run, not by block.
/// </summary>
/// <param name="extends">What an instance stores behind a run that it alone has joins that run; off where it may lose a prompt's beginning and keep what follows, as tiers do.</param>
public sealed class KvRunIndex(bool extends = true)
{
    private readonly BlockKeyTable _slots = new();
    private Run[] _runs = new Run[16];

    private struct Run
    {
        public BlockChain? Chain;

        /// <summary>Of its first block.</summary>
        public ulong Key;
        public int Start;
        public int Count;

        /// <summary>The only holder and its leading blocks, as long as <see cref="Shared"/> is null.</summary>
        public int Holder;
        public int Held;

        /// <summary>Some run has been known that follows this one, so that it cannot grow.</summary>
        public bool IsFollowed;

        /// <summary>All holders, once there has been more than one.</summary>
        public Holders? Shared;
    }

    /// <summary>Who has how many leading blocks of a run; in no order that means anything.</summary>
    private sealed class Holders
    {
        private int[] _instances = new int[4];
        private int[] _blocks = new int[4];

        public int Count { get; private set; }

        public (int Instance, int Blocks) this[int at] => (_instances[at], _blocks[at]);

        public int Of(int instance) => _instances.AsSpan(0, Count).IndexOf(instance) is >= 0 and var at ? _blocks[at] : 0;

        /// <param name="blocks">0: it has none any more.</param>
        public void Set(int instance, int blocks)
        {
            var at = _instances.AsSpan(0, Count).IndexOf(instance);
            if (at < 0)
            {
                if (blocks == 0) return;
                at = Count++;
                if (at == _instances.Length)
                {
                    Array.Resize(ref _instances, 2 * at);
                    Array.Resize(ref _blocks, 2 * at);
                }
            }
            else if (blocks == 0)
            {
                (_instances[at], _blocks[at]) = this[--Count];
                return;
            }

            (_instances[at], _blocks[at]) = (instance, blocks);
        }

        /// <summary>Keeps so many leading blocks of each; what follows, with who has it.</summary>
        public Holders Split(int blocks)
        {
            var tail = new Holders();
            for (var at = 0; at < Count; at++)
            {
                if (_blocks[at] > blocks) tail.Set(_instances[at], _blocks[at] - blocks);
                _blocks[at] = Math.Min(_blocks[at], blocks);
            }

            return tail;
        }
    }

    /// <summary>Runs known.</summary>
    public int Count => _slots.Count;

    /// <summary>Blocks of a chain are in an instance's cache from now on, after those before <paramref name="start"/>.</summary>
    public void Stored(int instance, BlockChain chain, int start, int count)
    {
        var before = -1;
        for (var (at, end) = (0, start + count); at < end;)
        {
            if (extends && before >= 0 && at >= start && TryExtend(ref _runs[before], instance, chain, at, end)) return;
            if (!_slots.TryGet(chain[at], out var slot))
            {
                // Where what comes before is not known (the index was lost since), what follows cannot be hit.
                if (at < start) return;
                if (before >= 0) _runs[before].IsFollowed = true;
                Add(instance, chain, at, end - at, end - at);
                return;
            }

            var same = CommonLength(slot, chain, end);
            if (same < _runs[slot].Count && at + same < end) Split(slot, same);
            var held = HeldBy(in _runs[slot], instance);
            if (held < Math.Min(same, start - at)) return;
            if (held < same) Hold(ref _runs[slot], instance, same);
            at += same;
            before = slot;
        }
    }

    /// <summary>What one instance alone has of a chain, and nothing follows, grows with what it stores next.</summary>
    private static bool TryExtend(ref Run run, int instance, BlockChain chain, int at, int end)
    {
        if (run.IsFollowed || run.Chain != chain || run.Shared is not null || run.Holder != instance || run.Held < run.Count || run.Start + run.Count != at) return false;
        run.Count = run.Held = end - run.Start;
        return true;
    }

    /// <summary>An instance evicted blocks of a chain, and has nothing that follows them.</summary>
    public void Removed(int instance, BlockChain chain, int start, int count)
    {
        for (var at = 0; at < start + count && _slots.TryGet(chain[at], out var slot);)
        {
            var length = _runs[slot].Count;
            // Past this run only what the chain has in common with it matters.
            if (at < start && _runs[slot].Chain != chain && at + CommonLength(slot, chain, chain.Length) < Math.Min(start, at + length)) return;
            if (at + length > start && HeldBy(in _runs[slot], instance) > Math.Max(0, start - at))
            {
                Hold(ref _runs[slot], instance, Math.Max(0, start - at));
                if (at >= start) RemoveIfUnheld(slot);
            }

            at += length;
        }
    }

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
    public void Overlaps(ChainSlice chain, PrefixMatches overlaps)
    {
        ArgumentNullException.ThrowIfNull(overlaps);
        overlaps.Clear();
        for (var at = 0; at < chain.Length && _slots.TryGet(chain[at], out var slot);)
        {
            ref var run = ref _runs[slot];
            var same = CommonLength(slot, chain.Chain!, chain.Length);
            if (run.Shared is not { } shared)
            {
                if (overlaps[run.Holder] == at && run.Held > 0) overlaps.Set(run.Holder, at + Math.Min(run.Held, same));
            }
            else
            {
                for (var i = 0; i < shared.Count; i++)
                {
                    var (instance, blocks) = shared[i];
                    if (overlaps[instance] == at) overlaps.Set(instance, at + Math.Min(blocks, same));
                }
            }

            if (same < run.Count) return;
            at += same;
        }
    }

    /// <summary>How many leading blocks of the run and of this chain, before its block <paramref name="end"/>, are the same. The first is.</summary>
    private int CommonLength(int slot, BlockChain chain, int end)
    {
        ref var run = ref _runs[slot];
        return Math.Max(1, run.Chain!.CommonLength(chain, run.Start, Math.Min(run.Count, end - run.Start)));
    }

    private static int HeldBy(in Run run, int instance) =>
        run.Shared is { } shared ? shared.Of(instance) : run.Holder == instance ? run.Held : 0;

    private static void Hold(ref Run run, int instance, int blocks)
    {
        if (run.Shared is null)
        {
            if (run.Holder == instance || run.Held == 0)
            {
                (run.Holder, run.Held) = (instance, blocks);
                return;
            }

            run.Shared = new Holders();
            run.Shared.Set(run.Holder, run.Held);
        }

        run.Shared.Set(instance, blocks);
    }

    private int Add(int instance, BlockChain chain, int start, int count, int held)
    {
        var key = chain[start];
        _slots.TryAdd(key, out var slot);
        if (slot >= _runs.Length) Array.Resize(ref _runs, _slots.SlotLimit);
        _runs[slot] = new Run { Chain = chain, Key = key, Start = start, Count = count, Holder = instance, Held = held };
        return slot;
    }

    private void Split(int slot, int at)
    {
        var whole = _runs[slot];
        _runs[slot].IsFollowed = true;
        _runs[slot].Count = at;
        _runs[slot].Held = Math.Min(whole.Held, at);
        if (whole.Shared is null && whole.Held <= at) return; // nobody has what follows
        var tail = Add(whole.Holder, whole.Chain!, whole.Start + at, whole.Count - at, Math.Max(0, whole.Held - at));
        _runs[tail].IsFollowed = whole.IsFollowed;
        if (whole.Shared is not { } shared) return;
        _runs[tail].Shared = shared.Split(at);
        RemoveIfUnheld(tail);
    }

    private void RemoveIfUnheld(int slot)
    {
        ref var run = ref _runs[slot];
        if ((run.Shared?.Count ?? run.Held) > 0) return;
        _slots.Remove(run.Key);
        run = default;
    }
}
