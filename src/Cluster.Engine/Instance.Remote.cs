using Cluster.Engine.Requests;
using Cluster.Engine.Units;

namespace Cluster.Engine;

/// <summary>The part of an instance that hands KV over: giving it, receiving it, and what happens when it never comes.</summary>
public sealed partial class Instance
{
    /// <summary>A request whose prompt was computed elsewhere: <see cref="InstanceEffectKind.KvReserved"/> follows once there are blocks for its KV.</summary>
    public void EnqueueRemote(Sequence sequence, long nowNs)
    {
        if (!Fits(sequence)) return;
        sequence.Status = SequenceStatus.Reserving;
        sequence.QueuedNs = nowNs;
        State.Reserving.Enqueue(sequence);
        ReserveWaiting(nowNs);
    }

    /// <summary>The KV of a sequence has arrived in the blocks reserved for it.</summary>
    public void KvArrived(Sequence sequence, long nowNs)
    {
        Expect(sequence, SequenceStatus.Receiving);
        State.Parked.Remove(sequence.Id);
        // As vLLM counts: the local cache is asked first, the connector for what it lacks.
        var local = sequence.SharedBlocks * Spec.Kv.BlockSize;
        State.Counters.PrefixCacheQueries += sequence.Request.InputTokens;
        State.Counters.PrefixCacheHits += local;
        State.Counters.ReceivedTokens += sequence.Request.InputTokens - local;
        sequence.Timeline.KvArrivedNs = nowNs;
        State.NowNs = nowNs;
        sequence.Computed = sequence.Request.InputTokens;
        State.PublishComputed(sequence);
        State.SkipPassed(sequence);
        sequence.Status = SequenceStatus.Arrived;
        State.StampArrival(sequence, IsStepping);
        State.Arrived.Enqueue(sequence);
    }

    /// <summary>The KV that was held here for a decode instance has left, or will never be asked for.</summary>
    public void ReleaseHeld(Sequence sequence, long nowNs)
    {
        Expect(sequence, SequenceStatus.Held);
        State.Parked.Remove(sequence.Id);
        sequence.Status = SequenceStatus.Outside;
        State.ReleaseBlocks(sequence);
        ReserveWaiting(nowNs);
    }

    /// <summary>
    /// KV of a prompt's leading <paramref name="tokens"/> arrived ahead of the request, copied from another instance's cache:
    /// it enters the prefix cache here, as far as there is room.
    /// </summary>
    /// <returns>Tokens that are cached here now.</returns>
    public int AdoptPrefix(RequestSpec request, int tokens)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (!Spec.Kv.EnablePrefixCaching) return 0;
        var chain = request.Content.BlockChain(Spec.Kv.BlockSize);
        var keys = chain.Take(tokens / Spec.Kv.BlockSize);
        var hits = State.Pool.CountPrefix(keys);
        State.Pool.Acquire(keys[..hits]);
        var added = (int)Math.Min(keys.Length - hits, State.Pool.Available);
        State.Pool.TryAllocate(added);
        State.Pool.Publish(chain, hits, added);
        State.Pool.Release(keys[..(hits + added)]);
        State.Pool.StoreTails(chain, hits, hits + added, mayEvict: true);
        State.Counters.ReceivedTokens += (long)added * Spec.Kv.BlockSize;
        return (hits + added) * Spec.Kv.BlockSize;
    }

    /// <summary>The KV that was held here was not pulled in time: its blocks are taken back.</summary>
    public void ExpireHeld(Sequence sequence, long nowNs)
    {
        State.Counters.KvExpired++;
        ReleaseHeld(sequence, nowNs);
    }

    /// <summary>The KV of a sequence that was to come from elsewhere never will: its prompt is computed here.</summary>
    public void FallBack(Sequence sequence, long nowNs)
    {
        if (sequence.Status is not (SequenceStatus.Reserving or SequenceStatus.Receiving)) Expect(sequence, SequenceStatus.Receiving);
        var line = sequence.Timeline;
        if (line.KvReservedNs == Time.Unset) line.KvReservedNs = nowNs;
        else line.KvArrivedNs = nowNs;
        Remove(sequence);
        sequence.CachedTokens = -1;
        State.Counters.FellBack++;
        sequence.Status = SequenceStatus.Waiting;
        sequence.QueuedNs = nowNs;
        State.StampArrival(sequence, IsStepping);
        State.Waiting.Enqueue(sequence);
        ReserveWaiting(nowNs);
    }

    private void ReserveWaiting(long nowNs)
    {
        State.NowNs = nowNs;
        // A preempted sequence goes before newcomers: what is free is for it.
        while (State.Reserving.Head is { } head && State.Waiting.Head is not { Preemptions: > 0 })
        {
            var keys = Spec.Kv.EnablePrefixCaching
                ? head.Blocks(Spec.Kv.BlockSize).Take(head.Request.InputTokens / Spec.Kv.BlockSize) : default;
            var hits = keys[..State.Pool.CountPrefix(keys)];
            var length = Spec.Kv.ContiguousReservation ? State.BlocksReservedAhead(head) : State.Decodes.BlocksFor(head.Request.InputTokens);
            var blocks = length - hits.Length;
            if (blocks + State.Pool.CountEvictable(hits) > State.Pool.Available) return;
            State.Pool.Acquire(hits);
            State.Pool.TryAllocate(blocks);
            head.SharedBlocks = hits.Length;
            head.PrivateBlocks = blocks;
            State.Reserving.Remove(head);
            head.Status = SequenceStatus.Receiving;
            head.Timeline.KvReservedNs = nowNs;
            State.Parked.Add(head.Id, head);
            var cached = hits.Length * Spec.Kv.BlockSize;
            if (head.CachedTokens < 0) head.CachedTokens = cached;
            _effects.Add(new InstanceEffect(InstanceEffectKind.KvReserved, head, head.Request.InputTokens - cached));
        }
    }
}
