using Cluster.Engine.Topology;

namespace Cluster.Engine.KvCache;

/// <summary>Learns which blocks enter and leave a prefix cache: what a router's index is fed with.</summary>
public interface IKvEventSink
{
    /// <summary>The block with this chained key can be hit from now on.</summary>
    void Stored(ulong key);

    /// <summary>The block was evicted.</summary>
    void Removed(ulong key);

    /// <summary>Blocks that follow each other were stored together.</summary>
    /// <param name="chain">From the sequence's first block on; may be kept.</param>
    void Stored(BlockChain chain, int start, int count)
    {
        foreach (var key in chain.Keys.AsSpan(start, count)) Stored(key);
    }

    /// <summary>Blocks that follow each other left HBM, or a tier, for a tier below it, the last one first: they can still be hit, at a price.</summary>
    void Offloaded(BlockChain chain, int start, int count, KvTierKind to)
    {
    }

    /// <summary>Blocks that follow each other were evicted, the last one first.</summary>
    void Removed(BlockChain chain, int start, int count)
    {
        var keys = chain.Keys;
        for (var i = start + count - 1; i >= start; i--) Removed(keys[i]);
    }
}
