using Cluster.Grains.Messages;
using Orleans.Concurrency;

namespace Cluster.Grains;

/// <summary>The remote KV stores of one cluster, which its instances share: their blocks, and all copies to and from them.</summary>
public interface IStoreGrain : IGrainWithStringKey
{
    /// <summary>An instance begins: it hears which blocks there are, and from now on which come and go. What an earlier life of it has under way is void.</summary>
    Task<StoreBlocks> JoinAsync(StoreSeat seat);

    /// <summary>An instance has these blocks, which the store may lack. False: its seat is unknown, so that it has to join.</summary>
    Task<bool> WriteAsync(StoreOrder order);

    /// <summary>An instance waits for these blocks. Answered when they have arrived, however slow the store is, or never will.</summary>
    [ResponseTimeout("7.00:00:00")]
    Task<StoreArrival> ReadAsync(StoreOrder order);

    /// <summary>An instance crashed: what it had under way is void, what is to come has another life.</summary>
    [OneWay]
    Task LostAsync(StoreSeat seat);

    /// <summary>An instance ends. It hears nothing any more.</summary>
    Task LeaveAsync(StoreSeat seat);

    /// <summary>All wires run at a share of their bandwidth; 0 is cut.</summary>
    Task DegradeAsync(double share);

    [AlwaysInterleave]
    Task<StoreSnapshot> GetSnapshotAsync();
}
