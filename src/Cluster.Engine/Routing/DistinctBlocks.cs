using Cluster.Engine.KvCache;

namespace Cluster.Engine.Routing;

/// <summary>
/// The KV blocks of all requests placed on each instance, a block that several share counted once, as Dynamo counts active
/// blocks. A request's last block, when it is not full, is its own. One radix tree over chained keys for all instances, each of its
/// runs with who uses it: as small as the requests under way.
/// </summary>
public sealed class DistinctBlocks
{
    private readonly BlockKeyTable _slots = new();
    private Run[] _runs = new Run[16];
    private long[] _counts;

    public DistinctBlocks(int instances) => _counts = new long[instances];

    /// <summary>Blocks that some request on the instance uses all of.</summary>
    private struct Run
    {
        public BlockChain? Chain;

        /// <summary>Of its first block.</summary>
        public ulong Key;
        public int Start;
        public int Count;

        /// <summary>The first instance and its requests; the others are in <see cref="Others"/>.</summary>
        public int Instance;
        public int Requests;
        public List<(int Instance, int Requests)>? Others;

        public readonly bool IsUsed => Requests > 0 || Others is { Count: > 0 };
    }

    /// <summary>There are more instances now, behind the others.</summary>
    public void Grow(int count) => Array.Resize(ref _counts, Math.Max(count, _counts.Length));

    public long Count(int instance) => _counts[instance];

    /// <summary>Leading blocks of a prompt that requests on each instance hold already.</summary>
    public void Shared(ChainSlice prompt, PrefixMatches matches)
    {
        ArgumentNullException.ThrowIfNull(matches);
        matches.Clear();
        for (var at = 0; at < prompt.Length && _slots.TryGet(prompt[at], out var slot);)
        {
            ref var run = ref _runs[slot];
            var same = CommonLength(in run, prompt.Chain!, prompt.Length);
            if (run.Requests > 0 && matches[run.Instance] == at) matches.Set(run.Instance, at + same);
            for (var i = 0; i < (run.Others?.Count ?? 0); i++)
                if (matches[run.Others![i].Instance] == at) matches.Set(run.Others[i].Instance, at + same);
            if (same < run.Count) return;
            at += same;
        }
    }

    /// <summary>A request is placed there.</summary>
    /// <param name="chain">Of its content; kept.</param>
    /// <param name="full">Full blocks of its prompt.</param>
    /// <param name="blocks">All blocks of its prompt.</param>
    public void Add(int instance, BlockChain chain, int full, int blocks)
    {
        _counts[instance] += blocks - full;
        for (var at = 0; at < full;)
        {
            if (!_slots.TryGet(chain[at], out var slot))
            {
                Insert(new Run { Chain = chain, Start = at, Count = full - at, Instance = instance, Requests = 1 });
                _counts[instance] += full - at;
                return;
            }

            var same = CommonLength(in _runs[slot], chain, full);
            if (same < _runs[slot].Count) Split(slot, same);
            if (Use(ref _runs[slot], instance, 1) == 1) _counts[instance] += same;
            at += same;
        }
    }

    /// <summary>It has left.</summary>
    /// <exception cref="KeyNotFoundException">It was never there.</exception>
    public void Remove(int instance, BlockChain chain, int full, int blocks)
    {
        _counts[instance] -= blocks - full;
        for (var at = 0; at < full;)
        {
            var slot = _slots[chain[at]];
            ref var run = ref _runs[slot];
            at += run.Count;
            if (Use(ref run, instance, -1) == 0) _counts[instance] -= run.Count;
            if (run.IsUsed) continue;
            _slots.Remove(run.Key);
            run = default;
        }
    }

    /// <summary>The instance's requests on this run, after so many more.</summary>
    private static int Use(ref Run run, int instance, int more)
    {
        if (run.Instance == instance || (run.Requests == 0 && run.Others is null or { Count: 0 }))
        {
            run.Instance = instance;
            return run.Requests += more;
        }

        var others = run.Others ??= [];
        var at = 0;
        while (at < others.Count && others[at].Instance != instance) at++;
        var requests = more + (at == others.Count ? 0 : others[at].Requests);
        if (at == others.Count) others.Add((instance, requests));
        else if (requests > 0) others[at] = (instance, requests);
        else others.RemoveAt(at);
        return requests;
    }

    private void Split(int slot, int at)
    {
        var whole = _runs[slot];
        _runs[slot].Count = at;
        Insert(whole with { Start = whole.Start + at, Count = whole.Count - at, Others = whole.Others is { } others ? [.. others] : null });
    }

    private void Insert(Run run)
    {
        run.Key = run.Chain![run.Start];
        _slots.TryAdd(run.Key, out var slot);
        if (slot >= _runs.Length) Array.Resize(ref _runs, _slots.SlotLimit);
        _runs[slot] = run;
    }

    /// <summary>How many leading blocks of the run and of this chain, before its block <paramref name="end"/>, are the same. The first is.</summary>
    private static int CommonLength(in Run run, BlockChain chain, int end) =>
        Math.Max(1, run.Chain!.CommonLength(chain, run.Start, Math.Min(run.Count, end - run.Start)));
}
