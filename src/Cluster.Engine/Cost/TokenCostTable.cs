namespace Cluster.Engine.Cost;

/// <summary>
/// Remembers <see cref="TokenCost"/> by token counts: one table by a replica's tokens, one by all replicas'; they are the same without data-parallel
/// attention, where one table holds the whole. Exact: a hit returns what the first evaluation returned. An entry is
/// written once and never replaced, so readers need no lock; counts that collide are priced anew each time.
/// </summary>
internal sealed class TokenCostTable(TokenCost cost, bool replicated)
{
    /// <summary>The first half has a place for each count; larger ones share the second, so that none of them takes the place of a decode step that comes again and again.</summary>
    private const int Capacity = 8192;
    private const int Half = Capacity / 2;
    private const int Ready = 2;

    private readonly Entry[] _byReplica = new Entry[replicated ? Capacity : 0];
    private readonly Entry[] _byAll = new Entry[Capacity];

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
        ref var all = ref _byAll[PlaceOf(allTokens)];
        if (!replicated)
        {
            if (Holds(ref all, allTokens)) return all.Part.Sum;
            var whole = new TokenCostPart { Sum = cost.Join(cost.OfReplica(allTokens), cost.OfAll(allTokens)) };
            Keep(ref all, allTokens, in whole);
            return whole.Sum;
        }

        ref var replica = ref _byReplica[PlaceOf(replicaTokens)];
        TokenCostPart one, other;
        if (Holds(ref replica, replicaTokens)) one = replica.Part;
        else Keep(ref replica, replicaTokens, one = cost.OfReplica(replicaTokens));
        if (Holds(ref all, allTokens)) other = all.Part;
        else Keep(ref all, allTokens, other = cost.OfAll(allTokens));
        return cost.Join(in one, in other);
    }

    private static long PlaceOf(long tokens) => tokens < Half ? tokens : Half + (tokens & (Half - 1));

    private static bool Holds(ref Entry entry, long tokens) => Volatile.Read(ref entry.State) == Ready && entry.Tokens == tokens;

    private static void Keep(ref Entry entry, long tokens, in TokenCostPart part)
    {
        if (Interlocked.CompareExchange(ref entry.State, 1, 0) != 0) return;
        entry.Tokens = tokens;
        entry.Part = part;
        Volatile.Write(ref entry.State, Ready);
    }
}
