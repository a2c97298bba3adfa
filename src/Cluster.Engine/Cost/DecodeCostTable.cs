namespace Cluster.Engine.Cost;

/// <summary>
/// Remembers steps in which a few sequences decode and nothing else happens, by their context: instances at low load make
/// the same ones over and over. Exact: a hit returns what the first evaluation returned. An entry is written once, so readers need no lock.
/// </summary>
internal sealed class DecodeCostTable
{
    private const int Sequences = 4;
    private const int PageSize = 512;
    private const int Pages = 64;
    private const int Ready = 2;

    private readonly Entry[]?[] _pages = new Entry[Sequences * Pages][];

    private struct Entry
    {
        public StepCost Cost;
        public int State;
    }

    /// <summary>Whether such a step has a place here: nothing but its sequences and their context sets its cost.</summary>
    public static bool Covers(in StepShape shape) =>
        (uint)(shape.DecodeSequences - 1) < Sequences && shape is { PrefillSequences: 0, PrefillTokens: 0, ReceivedTokens: 0, DecodeTokensPerSequence: 1 }
        && shape.SampledSequences == shape.DecodeSequences && shape.DecodeBoundedContextTokens == shape.DecodeContextTokens
        && (ulong)shape.DecodeContextTokens < PageSize * Pages;

    public bool TryGet(in StepShape shape, out StepCost cost)
    {
        ref var entry = ref Place(in shape);
        var ready = Volatile.Read(ref entry.State) == Ready;
        cost = ready ? entry.Cost : default;
        return ready;
    }

    public void Keep(in StepShape shape, in StepCost cost)
    {
        ref var entry = ref Place(in shape);
        if (Interlocked.CompareExchange(ref entry.State, 1, 0) != 0) return;
        entry.Cost = cost;
        Volatile.Write(ref entry.State, Ready);
    }

    private ref Entry Place(in StepShape shape)
    {
        var context = (int)shape.DecodeContextTokens;
        ref var page = ref _pages[((shape.DecodeSequences - 1) * Pages) + (context / PageSize)];
        if (Volatile.Read(ref page) is null) Interlocked.CompareExchange(ref page, new Entry[PageSize], null);
        return ref page![context % PageSize];
    }
}
