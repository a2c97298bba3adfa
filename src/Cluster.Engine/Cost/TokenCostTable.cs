namespace Cluster.Engine.Cost;

/// <summary>
/// Remembers <see cref="TokenCost"/> by token count. Exact: a hit returns what the first evaluation returned. An entry is
/// written once and never replaced, so readers need no lock; counts that collide are priced anew each time.
/// </summary>
internal sealed class TokenCostTable(TokenCost cost)
{
    private const int Capacity = 4096;
    private const int Ready = 2;

    private readonly Entry[] _entries = new Entry[Capacity];

    private struct Entry
    {
        public long Key;
        public CostSum Sum;
        public int State;
    }

    public CostSum Get(long replicaTokens, long allTokens)
    {
        var key = (allTokens << 24) ^ replicaTokens;
        ref var entry = ref _entries[(replicaTokens + ((allTokens - replicaTokens) * 37)) & (Capacity - 1)];
        if (Volatile.Read(ref entry.State) == Ready && entry.Key == key) return entry.Sum;
        var sum = cost.Evaluate(replicaTokens, allTokens);
        if (Interlocked.CompareExchange(ref entry.State, 1, 0) != 0) return sum;
        entry.Key = key;
        entry.Sum = sum;
        Volatile.Write(ref entry.State, Ready);
        return sum;
    }
}
