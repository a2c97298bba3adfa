using Cluster.Engine.Policies;

namespace Cluster.Engine.KvCache.Eviction;

/// <summary>Least often used first, the least recently released of those. What was popular once stays for long.</summary>
public sealed class LfuEviction : RankedEviction
{
    public static Policy<IEvictionPolicy> Policy { get; } = new("lfu", "Least often used first; ties go to the least recently released.", [], _ => new LfuEviction());

    protected override long FirstRank(long clock) => 1;

    protected override long RankAfterUse(long rank) => rank + 1;
}
