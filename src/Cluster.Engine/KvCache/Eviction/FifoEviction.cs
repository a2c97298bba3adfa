using Cluster.Engine.Policies;

namespace Cluster.Engine.KvCache.Eviction;

/// <summary>First stored, first evicted, however often it was used since; what a prompt begins with counts as stored with its last continuation.</summary>
public sealed class FifoEviction : RankedEviction
{
    public static Policy<IEvictionPolicy> Policy { get; } = new("fifo", "First stored, first evicted, however often it was used since.", [], _ => new FifoEviction());

    protected override long FirstRank(long clock) => clock;

    protected override long RankAfterUse(long rank) => rank;
}
