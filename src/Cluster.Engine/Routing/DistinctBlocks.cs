using Cluster.Engine.KvCache;

namespace Cluster.Engine.Routing;

/// <summary>
/// The KV blocks of all requests placed on each instance, a block that several share counted once, as Dynamo counts active
/// blocks. A request's last block, when it is not full, is its own.
/// </summary>
internal sealed class DistinctBlocks
{
    private readonly List<BlockPool> _shared = [];
    private readonly KvRunIndex _index = new();
    private readonly List<int> _own = [];

    public DistinctBlocks(int instances) => Grow(instances);

    /// <summary>There are more instances now, behind the others.</summary>
    public void Grow(int count)
    {
        while (_shared.Count < count)
        {
            _shared.Add(new BlockPool(long.MaxValue, new Feed(_index, _shared.Count)));
            _own.Add(0);
        }
    }

    public long Count(int instance) => _shared[instance].Referenced + _own[instance];

    /// <summary>Leading blocks of a prompt that requests on each instance hold already.</summary>
    public void Shared(ReadOnlySpan<ulong> prompt, PrefixMatches matches) => _index.Overlaps(prompt, matches);

    /// <summary>A request is placed there.</summary>
    /// <param name="chain">Keys of its content; kept, so never to be changed.</param>
    /// <param name="full">Full blocks of its prompt.</param>
    /// <param name="blocks">All blocks of its prompt.</param>
    public void Add(int instance, ulong[] chain, int full, int blocks)
    {
        var pool = _shared[instance];
        var hits = pool.CountPrefix(chain.AsSpan(0, full));
        pool.Acquire(chain.AsSpan(0, hits));
        pool.TryAllocate(full - hits);
        pool.Publish(chain, hits, full - hits);
        _own[instance] += blocks - full;
    }

    /// <summary>It has left.</summary>
    public void Remove(int instance, ulong[] chain, int full, int blocks)
    {
        _shared[instance].Release(chain.AsSpan(0, full));
        _shared[instance].EvictAll();
        _own[instance] -= blocks - full;
    }

    /// <summary>One index over all pools: whoever asks who has a block need not ask each.</summary>
    private sealed class Feed(KvRunIndex index, int instance) : IKvEventSink
    {
        public void Stored(ulong key) => throw new InvalidOperationException("Pools tell of runs.");

        public void Removed(ulong key) => throw new InvalidOperationException("Pools tell of runs.");

        public void Stored(ulong[] chain, int start, int count) => index.Stored(instance, chain, start, count);

        public void Removed(ulong[] chain, int start, int count) => index.Removed(instance, chain, start, count);
    }
}
