using Cluster.Engine.Policies;

namespace Cluster.Engine.KvCache.Eviction;

/// <summary>The eviction policies there are.</summary>
public static class Evictions
{
    public const string Default = "lru";

    public static PolicyRegistry<IEvictionPolicy> Registry { get; } = new(LruEviction.Policy, FifoEviction.Policy, LfuEviction.Policy);
}
