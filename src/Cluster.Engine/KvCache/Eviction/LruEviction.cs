using Cluster.Engine.Policies;

namespace Cluster.Engine.KvCache.Eviction;

/// <summary>Least recently released first and, within one sequence, its tail first, so that chains lose their ends before their beginnings (vLLM).</summary>
public sealed class LruEviction : IEvictionPolicy
{
    private readonly SlotList _order = new();

    public static Policy<IEvictionPolicy> Policy { get; } = new("lru", "Least recently released first, the tail of a prompt before its head (vLLM).", [], _ => new LruEviction());

    public int Next => _order.Oldest;

    public void Stored(int run)
    {
    }

    public void Used(int run)
    {
    }

    public void Split(int run, int tail, bool evictable)
    {
        if (evictable) _order.InsertBefore(run, tail);
    }

    /// <summary>Whoever used what follows used what comes before: it was released no earlier.</summary>
    public void Follow(int before, int after)
    {
    }

    public void Released(int run) => _order.Append(run);

    public void Remove(int run) => _order.Remove(run);
}
