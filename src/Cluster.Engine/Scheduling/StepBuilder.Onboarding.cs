using Cluster.Engine.KvCache;
using Cluster.Engine.Requests;

namespace Cluster.Engine.Scheduling;

/// <summary>Admission where HBM has lost what a lower tier still has: the sequence waits for the copy, not the batch.</summary>
public sealed partial class StepBuilder
{
    private enum Onboard
    {
        /// <summary>Admit it as it is.</summary>
        Nothing,
        Begun,
        /// <summary>Waiting for blocks is better than computing what is cached.</summary>
        NoRoom,
    }

    /// <summary>Reserves blocks and sends for the KV; the sequence leaves the queue until it is there.</summary>
    /// <param name="keys">Blocks that the sequence may reuse.</param>
    /// <param name="hits">How many of them HBM has.</param>
    private Onboard TryOnboard(Sequence head, ChainSlice keys, int hits, long reserveBlocks)
    {
        var below = State.Tiers!.CountPrefix(keys.Keys[hits..]);
        if (below == 0) return Onboard.Nothing;
        var (kv, pool) = (State.Spec.Kv, State.Pool);
        var length = kv.ContiguousReservation ? State.BlocksReservedAhead(head) : kv.Groups.IsEmpty ? hits + below : State.Decodes.BlocksFor((hits + below) * kv.BlockSize);
        if (length - hits + pool.CountEvictable(keys[..hits]) + reserveBlocks > pool.Available)
            return State.Running + State.Onboarding.Count > 0 ? Onboard.NoRoom : Onboard.Nothing;
        var id = head.Id;
        // Before blocks are evicted to make room: what goes down must not displace what comes up.
        var dueNs = State.Tiers.Onboard(keys.Keys.Slice(hits, below), _nowNs, read => State.Fetched(head, id, read));
        pool.Acquire(keys[..hits]);
        Allocate(length - hits);
        head.SharedBlocks = hits;
        head.PrivateBlocks = length - hits;
        RecordHit(head, (hits + below) * kv.BlockSize);
        State.Counters.OnboardedTokens += (long)below * kv.BlockSize;
        State.Waiting.Remove(head);
        State.Park(head, (hits + below) * kv.BlockSize, dueNs);
        return Onboard.Begun;
    }
}
