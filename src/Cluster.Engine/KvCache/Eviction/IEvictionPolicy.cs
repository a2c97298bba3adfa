namespace Cluster.Engine.KvCache.Eviction;

/// <summary>
/// Which cached blocks go when room is needed, among those nobody uses. One file per policy; an object serves one pool.
/// Blocks come in runs that entered together; a run goes from its end, and never before what follows it in a prompt.
/// </summary>
public interface IEvictionPolicy
{
    /// <summary>The run to evict from; undefined while none is evictable.</summary>
    int Next { get; }

    /// <summary>A run enters the cache, in use.</summary>
    void Stored(int run);

    /// <summary>One more sequence uses it.</summary>
    void Used(int run);

    /// <summary>The end of a run becomes one of its own, which goes before it.</summary>
    /// <param name="evictable">Nobody uses either.</param>
    void Split(int run, int tail, bool evictable);

    /// <summary>A sequence that used both leaves: the run before must not go before the run after.</summary>
    void Follow(int before, int after);

    /// <summary>Nobody uses it any more. Of one sequence's runs, the last comes first.</summary>
    void Released(int run);

    /// <summary>Somebody uses it again, or it is gone.</summary>
    void Remove(int run);
}
