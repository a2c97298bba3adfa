using Cluster.Engine.Topology;

namespace Cluster.Engine.KvCache.Tiers;

/// <summary>
/// One instance's way to a store of KV that others use too: what it knows of the store's blocks, and what it asks for. Virtual time
/// has the store at hand (<see cref="StorePort"/>); live, messages go to whoever has it.
/// </summary>
public interface IKvStorePort
{
    KvTierSpec Spec { get; }

    /// <summary>When the store has something to say, where the instance itself has to ask; <see cref="Units.Time.Never"/> otherwise.</summary>
    long NextEventNs { get; }

    /// <summary>Lets copies to and from a store that nobody else advances go on.</summary>
    void Advance(long nowNs);

    /// <summary>The block is there, as far as is known here.</summary>
    bool CanRead(ulong key);

    /// <summary>Brings blocks down that the store lacks; those it has count as used.</summary>
    /// <param name="keys">The ends of prompts first.</param>
    /// <returns>How many the store lacks, as far as is known here.</returns>
    int Write(ulong[] keys, long nowNs);

    /// <summary>Copies blocks up that <see cref="CanRead"/>.</summary>
    /// <param name="keys">The ends of prompts first.</param>
    /// <param name="read">Called when all are in HBM, or never will be.</param>
    void Read(ulong[] keys, long nowNs, Action<StoreRead> read);

    /// <summary>Everything under way is lost.</summary>
    void Reset(long nowNs);
}

/// <summary>What came of a copy from a store.</summary>
/// <param name="Arrived">False: the store is out of reach, or gone, and the blocks with it.</param>
public readonly record struct StoreRead(long AtNs, bool Arrived);
