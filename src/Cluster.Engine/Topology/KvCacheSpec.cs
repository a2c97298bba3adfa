using System.Collections.Immutable;
using Cluster.Engine.KvCache.Eviction;

namespace Cluster.Engine.Topology;

/// <summary>The KV cache of one instance.</summary>
/// <param name="BlockSize">Tokens per block.</param>
/// <param name="TotalBlocks">Blocks in the pool: from HBM (see <c>Cost.MemoryPlan</c>) or overridden. Of hybrid models, pages; see <see cref="Groups"/>.</param>
public sealed record KvCacheSpec(int BlockSize, long TotalBlocks)
{
    public bool EnablePrefixCaching { get; init; } = true;

    /// <summary>Prompts that part within a block share it up to there: the later one copies it before it writes.</summary>
    public bool CopyOnPartialReuse { get; init; }

    /// <summary>Reserve the maximum length at admission, contiguously: the baseline that paging replaced.</summary>
    public bool ContiguousReservation { get; init; }

    /// <summary>
    /// Every layer drops the KV of tokens beyond the bound of the cost model (windows, sinks, a budget of heavy hitters), so
    /// that a sequence stops growing there. False where some layer keeps all of it.
    /// </summary>
    public bool ForgetsBeyondBound { get; init; }

    /// <summary>Layers that keep less than full attention, beside it in the same pool; empty where all layers keep alike.</summary>
    public ImmutableArray<KvGroupSpec> Groups { get; init; } = [];

    /// <summary>Blocks that a sequence of so many tokens holds, over all groups.</summary>
    public long BlocksFor(double tokens)
    {
        var blocks = (long)Math.Ceiling(tokens / BlockSize);
        foreach (var group in Groups) blocks += group.PagesFor((long)tokens, BlockSize);
        return blocks;
    }

    /// <summary>Longest context a request may reach; with contiguous reservation, what each reserves.</summary>
    public int MaxModelLen { get; init; } = int.MaxValue;

    /// <summary>A name in <c>KvCache.Eviction.Evictions.Registry</c>.</summary>
    public string Eviction { get; init; } = Evictions.Default;

    /// <summary>Where evicted blocks go, nearest first; empty: nowhere.</summary>
    public ImmutableArray<KvTierSpec> Tiers { get; init; } = [];

    /// <summary>Of these the store over the network that instances share; null: there is none.</summary>
    public KvTierSpec? RemoteTier => Tiers.FirstOrDefault(t => t.Kind == KvTierKind.Remote);
}
