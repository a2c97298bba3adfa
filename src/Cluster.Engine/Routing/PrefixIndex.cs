using Cluster.Engine.KvCache;
using Cluster.Engine.Topology;

namespace Cluster.Engine.Routing;

/// <summary>How near the blocks of a prefix lie, at most.</summary>
internal enum PrefixLevel
{
    /// <summary>Anywhere on the instance.</summary>
    Any,
    /// <summary>In host memory or nearer.</summary>
    Host,
    /// <summary>In HBM.</summary>
    Device,
}

/// <summary>
/// What a router believes that each instance has cached, and how near: an index per level, told of single blocks or of whole
/// runs. A driver uses one of the two.
/// </summary>
internal sealed class PrefixIndex
{
    private readonly KvIndex[] _blocks;
    private readonly KvRunIndex[] _runs;

    /// <param name="hasTiers">Some instance keeps blocks below HBM; else one level says it all.</param>
    public PrefixIndex(int instances, bool hasTiers)
    {
        var levels = Enumerable.Range(0, hasTiers ? 3 : 1).ToArray();
        _blocks = [.. levels.Select(_ => new KvIndex(instances))];
        _runs = [.. levels.Select(_ => new KvRunIndex(extends: !hasTiers))];
    }

    /// <summary>Blocks one by one, wherever they lie: what a router's own history is kept in.</summary>
    public KvIndex Blocks => _blocks[0];

    public bool HasTiers => _blocks.Length > 1;

    public void Stored(int instance, ulong key)
    {
        foreach (var level in _blocks) level.Stored(instance, key);
    }

    public void Stored(int instance, BlockChain chain, int start, int count)
    {
        foreach (var level in _runs) level.Stored(instance, chain, start, count);
    }

    /// <summary>It left HBM, or host memory, for this tier.</summary>
    public void Offloaded(int instance, ulong key, KvTierKind to)
    {
        for (var level = Below(to); level < _blocks.Length; level++) _blocks[level].Removed(instance, key);
    }

    public void Offloaded(int instance, BlockChain chain, int start, int count, KvTierKind to)
    {
        for (var level = Below(to); level < _runs.Length; level++) _runs[level].Removed(instance, chain, start, count);
    }

    public void Removed(int instance, ulong key)
    {
        foreach (var level in _blocks) level.Removed(instance, key);
    }

    public void Removed(int instance, BlockChain chain, int start, int count)
    {
        foreach (var level in _runs) level.Removed(instance, chain, start, count);
    }

    public void RemoveAll(int instance)
    {
        foreach (var level in _blocks) level.RemoveAll(instance);
        foreach (var level in _runs) level.RemoveAll(instance);
    }

    public void Grow(int count)
    {
        foreach (var level in _blocks) level.Grow(count);
    }

    /// <summary>How many leading blocks of this chain each instance has no farther than that.</summary>
    public void Overlaps(PrefixLevel level, ChainSlice chain, PrefixMatches overlaps)
    {
        var at = HasTiers ? (int)level : 0;
        if (_runs[0].Count > 0) _runs[at].Overlaps(chain, overlaps);
        else _blocks[at].Overlaps(chain, overlaps);
    }

    /// <summary>The nearest level that a block in this tier does not belong to.</summary>
    private static int Below(KvTierKind tier) => tier == KvTierKind.Host ? (int)PrefixLevel.Device : (int)PrefixLevel.Host;
}
