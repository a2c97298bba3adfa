namespace Cluster.Engine.Cost;

/// <summary>
/// Remembers <see cref="TokenCost"/> by token counts: one table by a replica's tokens, one by all replicas'; they are the same without data-parallel
/// attention, where one table holds the whole. Exact: a hit returns what the first evaluation returned. An entry is
/// written once and never replaced, so readers need no lock; counts that collide are priced anew each time.
/// </summary>
internal sealed class TokenCostTable(TokenCost cost, bool replicated)
{
    /// <summary>More than a replica's usual token budget, so that few of its counts collide.</summary>
    private const int Capacity = 8192;
    private const int Ready = 2;

    private readonly Entry[] _byReplica = new Entry[replicated ? Capacity : 0];
    private readonly Entry[] _byAll = new Entry[replicated ? Capacity : Capacity / 2];

    private struct Entry
    {
        public long Tokens;
        public TokenCostPart Part;
        public int State;
    }

    /// <param name="replicaTokens">New tokens of the busiest attention replica.</param>
    /// <param name="allTokens">New tokens of all replicas together.</param>
    public CostSum Get(long replicaTokens, long allTokens)
    {
        ref var all = ref _byAll[allTokens & (_byAll.Length - 1)];
        if (!replicated)
        {
            if (Holds(ref all, allTokens)) return all.Part.Sum;
            var whole = new TokenCostPart { Sum = cost.Join(cost.OfReplica(allTokens), cost.OfAll(allTokens)) };
            Keep(ref all, allTokens, in whole);
            return whole.Sum;
        }

        ref var replica = ref _byReplica[replicaTokens & (Capacity - 1)];
        TokenCostPart one, other;
        if (Holds(ref replica, replicaTokens)) one = replica.Part;
        else Keep(ref replica, replicaTokens, one = cost.OfReplica(replicaTokens));
        if (Holds(ref all, allTokens)) other = all.Part;
        else Keep(ref all, allTokens, other = cost.OfAll(allTokens));
        return cost.Join(in one, in other);
    }

    private static bool Holds(ref Entry entry, long tokens) => Volatile.Read(ref entry.State) == Ready && entry.Tokens == tokens;

    private static void Keep(ref Entry entry, long tokens, in TokenCostPart part)
    {
        if (Interlocked.CompareExchange(ref entry.State, 1, 0) != 0) return;
        entry.Tokens = tokens;
        entry.Part = part;
        Volatile.Write(ref entry.State, Ready);
    }
}
