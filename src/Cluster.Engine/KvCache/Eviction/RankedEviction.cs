namespace Cluster.Engine.KvCache.Eviction;

/// <summary>Evictable runs by a rank, lowest first, equal ones in the order of release; O(log n).</summary>
public abstract class RankedEviction : IEvictionPolicy
{
    private readonly SortedSet<(long Rank, long Order, int Run)> _evictable = [];
    private long[] _ranks = new long[16];
    private long[] _orders = new long[16];
    private long _clock;

    public int Next => _evictable.Min.Run;

    public void Stored(int run)
    {
        if (run >= _ranks.Length)
        {
            Array.Resize(ref _ranks, Math.Max(run + 1, _ranks.Length * 2));
            Array.Resize(ref _orders, _ranks.Length);
        }

        _ranks[run] = FirstRank(_clock++);
    }

    public void Used(int run) => _ranks[run] = RankAfterUse(_ranks[run]);

    public void Split(int run, int tail, bool evictable)
    {
        Stored(tail);
        _ranks[tail] = _ranks[run];
        if (!evictable) return;
        // Released together, the tail first.
        Remove(run);
        Released(tail);
        Released(run);
    }

    public void Follow(int before, int after) => _ranks[before] = Math.Max(_ranks[before], _ranks[after]);

    public void Released(int run)
    {
        _orders[run] = _clock++;
        _evictable.Add((_ranks[run], _orders[run], run));
    }

    public void Remove(int run) => _evictable.Remove((_ranks[run], _orders[run], run));

    /// <param name="clock">Grows with every event.</param>
    protected abstract long FirstRank(long clock);

    protected abstract long RankAfterUse(long rank);
}
