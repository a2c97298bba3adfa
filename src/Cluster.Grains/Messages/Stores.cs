namespace Cluster.Grains.Messages;

/// <summary>Who talks to a store.</summary>
/// <param name="Incarnation">Of the instance: one that begins anew is another.</param>
/// <param name="Life">How often it has lost what it had under way.</param>
[GenerateSerializer, Immutable, Alias("xpyd.store-seat.v1")]
public sealed record StoreSeat(
    [property: Id(0)] string Instance,
    [property: Id(1)] string Incarnation,
    [property: Id(2)] int Life);

/// <summary>To a store, from an instance: blocks that it has, or wants.</summary>
/// <param name="Keys">The ends of prompts first.</param>
/// <param name="AtNs">When it had or wanted them, emulated: how long the message travels is no part of it.</param>
[GenerateSerializer, Immutable, Alias("xpyd.store-order.v1")]
public sealed record StoreOrder(
    [property: Id(0)] StoreSeat Seat,
    [property: Id(1)] ulong[] Keys,
    [property: Id(2)] long AtNs);

/// <summary>From a store: what came of a read.</summary>
/// <param name="AtNs">When the last block was there.</param>
/// <param name="Arrived">False: none will be.</param>
/// <param name="IsKnown">False: the store knows nothing of the seat, so that the instance has to join.</param>
[GenerateSerializer, Immutable, Alias("xpyd.store-arrival.v1")]
public sealed record StoreArrival(
    [property: Id(0)] long AtNs,
    [property: Id(1)] bool Arrived,
    [property: Id(2)] bool IsKnown = true);

/// <summary>From a store, to an instance that joins: the blocks that it has.</summary>
/// <param name="IsCut">Nobody reaches it at present.</param>
[GenerateSerializer, Immutable, Alias("xpyd.store-blocks.v1")]
public sealed record StoreBlocks(
    [property: Id(0)] ulong[] Readable,
    [property: Id(1)] bool IsCut);

/// <summary>From a store, to all that use it: blocks that can be read from now on, and then those that cannot any more.</summary>
/// <param name="Seat">Whom it is for.</param>
/// <param name="IsCut">Nobody reaches it at present.</param>
[GenerateSerializer, Immutable, Alias("xpyd.store-news.v1")]
public sealed record StoreNewsMessage(
    [property: Id(0)] StoreSeat Seat,
    [property: Id(1)] ulong[] Stored,
    [property: Id(2)] ulong[] Dropped,
    [property: Id(3)] bool IsCut);

/// <summary>What the stores of a cluster are doing.</summary>
/// <param name="Copies">Under way, those in set-up included.</param>
/// <param name="BytesMoved">By copies that have ended, both ways.</param>
/// <param name="Untold">Instances that have yet to take in what they were last told.</param>
[GenerateSerializer, Immutable, Alias("xpyd.store-snapshot.v1")]
public sealed record StoreSnapshot(
    [property: Id(0)] long Blocks,
    [property: Id(1)] int Copies,
    [property: Id(2)] double BytesMoved,
    [property: Id(3)] int Untold);
