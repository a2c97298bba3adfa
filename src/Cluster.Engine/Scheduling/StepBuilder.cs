using System.Runtime.InteropServices;
using Cluster.Engine.Cost;
using Cluster.Engine.KvCache;
using Cluster.Engine.Requests;

namespace Cluster.Engine.Scheduling;

/// <summary>Why a waiting sequence was not admitted to a step.</summary>
public enum WaitCause
{
    None,
    /// <summary>No KV blocks.</summary>
    Blocks,
    /// <summary><c>MaxNumSeqs</c> reached.</summary>
    Slots,
    /// <summary>The step's token budget was spent.</summary>
    Budget,
    /// <summary>The policy admits nothing in this step: it preempted, or it finishes a batch first.</summary>
    Policy,
}

/// <summary>Prompt tokens of one sequence in one step.</summary>
public readonly record struct PrefillChunk(Sequence Sequence, int Tokens);

/// <summary>A step under composition: what schedulers may do, with all bookkeeping of blocks and budget.</summary>
public sealed partial class StepBuilder(InstanceState state)
{
    private readonly ReplicaBudgets? _replicas = ReplicaBudgets.Of(state.Spec);
    private readonly List<PrefillChunk> _chunks = [];
    private long _prefillTokens;
    private long _prefillPairs;
    private long _prefillBoundedPairs;
    private long _prefillContext;
    private int _sampledPrefills;
    private long _receivedTokens;
    private int _joiningDecodes;
    private long _joiningContext;
    private long _joiningBoundedContext;
    private bool _decodes;
    private long _nowNs;

    public InstanceState State { get; } = state;

    /// <summary>Tokens that this step may still take.</summary>
    public int BudgetLeft { get; private set; }

    /// <summary>A sequence was preempted while composing this step.</summary>
    public bool HasPreempted { get; private set; }

    /// <summary>Why the head of the waiting queue stayed there.</summary>
    public WaitCause Blocked { get; set; }

    public IReadOnlyList<PrefillChunk> Chunks => _chunks;

    /// <summary>As <see cref="Chunks"/>, for those who ask at each step.</summary>
    internal ReadOnlySpan<PrefillChunk> ChunkSpan => CollectionsMarshal.AsSpan(_chunks);

    public bool IncludesDecodes => _decodes && State.Decodes.Count > 0;

    public bool IsEmpty => _chunks.Count == 0 && !IncludesDecodes;

    internal void Begin(long nowNs)
    {
        _nowNs = nowNs;
        _chunks.Clear();
        _prefillTokens = _prefillPairs = _prefillBoundedPairs = _prefillContext = _receivedTokens = 0;
        _sampledPrefills = _joiningDecodes = 0;
        _joiningContext = _joiningBoundedContext = 0;
        _decodes = HasPreempted = false;
        Blocked = WaitCause.None;
        BudgetLeft = State.Spec.StepTokenBudget;
        State.DecodeSlotsReserved = false;
        _replicas?.Begin();
    }

    /// <summary>
    /// Every decoding sequence gets its next token. Where blocks run out, victims are preempted from the end until
    /// they suffice; a sequence that would have to preempt itself does.
    /// </summary>
    /// <param name="preemptToFront">Victims wait before all others (vLLM) instead of behind them (SGLang's retraction).</param>
    public void DecodeAll(bool preemptToFront = true)
    {
        var decodes = State.Decodes;
        if (decodes.Count == 0) return;
        decodes.LimitDrafts(BudgetLeft);
        if (!State.Pool.TryAllocate(decodes.BlocksDue)) ReserveOneByOne(preemptToFront);
        if (decodes.Count == 0) return;
        State.DecodeSlotsReserved = true;
        _decodes = true;
        BudgetLeft -= decodes.Count * decodes.TokensPerMember;
        _replicas?.Decode(decodes.Count, decodes.TokensPerMember);
    }

    /// <summary>The next chunk of a running sequence, preempting from the end where blocks run out.</summary>
    /// <returns>False when the sequence itself was preempted or the budget is spent.</returns>
    public bool ContinuePrefill(Sequence sequence, bool preemptToFront = true)
    {
        var tokens = ChunkSize(sequence);
        if (tokens == 0) return false;
        var blocks = State.Decodes.BlocksDuring(sequence.Computed, tokens) - sequence.SharedBlocks - sequence.PrivateBlocks;
        while (blocks > 0 && !State.Pool.TryAllocate(blocks))
        {
            var victim = State.Victim()!;
            Preempt(victim, preemptToFront);
            if (victim == sequence) return false;
        }

        sequence.PrivateBlocks += Math.Max(blocks, 0);
        AddChunk(sequence, tokens);
        return true;
    }

    /// <summary>
    /// Admits the next waiting sequence: takes what the prefix cache has, allocates the rest of its first chunk.
    /// </summary>
    /// <param name="reserveBlocks">Blocks to leave untouched for others, e.g. for the growth of running sequences.</param>
    /// <returns>False, with <see cref="Blocked"/> set, when it must go on waiting.</returns>
    public bool TryAdmitHead(long reserveBlocks = 0) => TryAdmit(State.Head!, reserveBlocks);

    /// <summary>As <see cref="TryAdmitHead"/>, for a sequence that waits, wherever it stands in the queue.</summary>
    public bool TryAdmit(Sequence head, long reserveBlocks = 0)
    {
        ArgumentNullException.ThrowIfNull(head);
        var kv = State.Spec.Kv;
        if (State.Running >= State.Spec.Scheduler.MaxNumSeqs) return Block(WaitCause.Slots);
        if (State.CameTooLate(head)) return Block(WaitCause.Policy);

        var received = head == State.Arrived.Head;
        var hits = default(ChainSlice);
        if (kv.EnablePrefixCaching && !received)
        {
            // At least the last known token is always computed: its logits are needed.
            var keys = head.Blocks(kv.BlockSize).Take((head.KnownTokens - 1) / kv.BlockSize);
            hits = keys[..State.Pool.CountUsable(keys, State.Pool.CountPrefix(keys))];
            if (State.Tiers is not null && hits.Length < keys.Length)
            {
                var onboard = TryOnboard(head, keys, hits.Length, reserveBlocks);
                if (onboard != Onboard.Nothing) return onboard == Onboard.Begun || Block(WaitCause.Blocks);
            }
        }

        var computed = received ? head.Computed : (hits.Length * kv.BlockSize) + PartialHit(head, hits.Length);
        var tokens = ChunkSize(head, computed);
        if (tokens == 0) return Block(WaitCause.Budget);
        var held = received ? head.SharedBlocks + head.PrivateBlocks : hits.Length;
        var length = kv.ContiguousReservation ? State.BlocksReservedAhead(head) : State.Decodes.BlocksDuring(computed, tokens);
        var blocks = Math.Max(0, length - held);
        while (blocks + State.Pool.CountEvictable(hits) + reserveBlocks > State.Pool.Available)
        {
            // With nothing running, only sequences that wait with their KV here can hold what the head lacks.
            if (State.Running > 0 || State.Arrived.Tail is not { } last || last == head) return Block(WaitCause.Blocks);
            State.GiveUpArrived(last, _nowNs);
        }

        State.Pool.Acquire(hits);
        State.Pool.UseTails(hits);
        Allocate(blocks);
        if (!received) head.TailBlocks = hits.Length;
        if (!received && computed > hits.Length * kv.BlockSize) State.Counters.CopiedBlocks++;
        // What comes up from a lower tier lacks at least the last token of its prompt, and was taken in before.
        if (!received) RecordHit(head, computed);
        else if (computed == head.Request.InputTokens) _receivedTokens += computed;
        head.SharedBlocks = received ? head.SharedBlocks : hits.Length;
        head.PrivateBlocks += blocks;
        head.Computed = computed;
        (received ? State.Arrived : State.Waiting).Remove(head);
        State.Admit(head);
        if (head.Timeline.PrefillStartedNs < 0) head.Timeline.PrefillStartedNs = _nowNs;
        State.Prefilling.Add(head);
        AddChunk(head, tokens);
        return true;
    }

    /// <summary>The step as the cost model sees it.</summary>
    internal StepShape Shape()
    {
        var members = _decodes ? State.Decodes.Count : 0;
        var decodes = members + _joiningDecodes;
        return new StepShape
        {
            PrefillSequences = _chunks.Count - _joiningDecodes,
            PrefillTokens = _prefillTokens,
            PrefillPairs = _prefillPairs,
            PrefillBoundedPairs = _prefillBoundedPairs,
            PrefillContextTokens = _prefillContext,
            BusiestPrefillShare = _replicas?.BusiestShare ?? 0,
            MicroBatchTokens = State.Spec.MicroBatchTokens,
            DecodeSequences = decodes,
            DecodeTokensPerSequence = _decodes ? State.Decodes.TokensPerMember : 1,
            DecodeContextTokens = (_decodes ? State.Decodes.ContextTokens + members : 0) + _joiningContext,
            DecodeBoundedContextTokens = (_decodes ? State.Decodes.BoundedContextTokens : 0) + _joiningBoundedContext,
            ReceivedTokens = _receivedTokens,
            SampledSequences = decodes + _sampledPrefills,
        };
    }

    /// <summary>Tokens of the block after the full ones that a sequence here has and may be copied.</summary>
    private int PartialHit(Sequence head, int fullBlocks)
    {
        // Windows and states are not there within a block.
        if (State.Partials.Count == 0 || !State.Spec.Kv.Groups.IsEmpty) return 0;
        var from = fullBlocks * State.Spec.Kv.BlockSize;
        var limit = Math.Min(head.KnownTokens - 1, from + State.Spec.Kv.BlockSize - 1);
        return limit <= from ? 0 : State.Partials.Longest(State.ParentKey(head, fullBlocks), head.Request.Content, from, limit);
    }

    private void RecordHit(Sequence head, int computed)
    {
        if (head.CachedTokens < 0) head.CachedTokens = Math.Min(computed, head.Request.InputTokens);
        if (!State.Spec.Kv.EnablePrefixCaching) return;
        State.Counters.PrefixCacheQueries += head.KnownTokens;
        State.Counters.PrefixCacheHits += computed;
    }

    private void ReserveOneByOne(bool preemptToFront)
    {
        for (var member = State.Decodes.First; member is not null;)
        {
            var next = member.Next;
            while (State.Decodes.BlocksDueOf(member) is > 0 and var due && !State.Pool.TryAllocate(due))
            {
                var victim = State.Victim()!;
                // Under the priority policy a victim may stand before the member at hand and have its block already.
                var served = victim.Status == SequenceStatus.Decoding && victim.AdmissionOrder < member.AdmissionOrder;
                if (served) State.Pool.Return(State.Decodes.BlocksDueOf(victim));
                Preempt(victim, preemptToFront);
                if (victim == member) break;
                next = member.Next;
            }

            member = next;
        }
    }

    private void Preempt(Sequence victim, bool toFront)
    {
        HasPreempted = true;
        State.Preempt(victim, _nowNs, toFront);
    }

    private int ChunkSize(Sequence sequence, int? computed = null)
    {
        var limits = State.Spec.Scheduler;
        var missing = sequence.KnownTokens - (computed ?? sequence.Computed);
        if (limits.LongPrefillTokenThreshold > 0) missing = Math.Min(missing, limits.LongPrefillTokenThreshold * State.Spec.Deployment.Parallelism.Pp);
        if (_replicas is not null) missing = _replicas.ChunkSize(sequence, missing);
        if (limits.EnableChunkedPrefill) return Math.Clamp(BudgetLeft, 0, missing);
        var fits = GoesAlone(missing) ? BudgetLeft == State.Spec.StepTokenBudget : missing <= BudgetLeft;
        return fits ? missing : 0;
    }

    /// <summary>Without chunking a prompt longer than the whole budget still has to run.</summary>
    private bool GoesAlone(int tokens) => !State.Spec.Scheduler.EnableChunkedPrefill && tokens > State.Spec.Scheduler.MaxNumBatchedTokens;

    private void AddChunk(Sequence sequence, int tokens)
    {
        _chunks.Add(new PrefillChunk(sequence, tokens));
        BudgetLeft = GoesAlone(tokens) ? 0 : BudgetLeft - tokens;
        _replicas?.Take(sequence, tokens);
        long n = tokens, c = sequence.Computed;
        if (n == 1 && sequence.MissingTokens == 1 && c > 0 && !State.Decodes.Speculates)
        {
            // One token over a cache: to the GPU this is a decode, whichever queue it came from.
            _joiningDecodes++;
            _joiningContext += c + 1;
            _joiningBoundedContext += Math.Min(c + 1, State.Spec.Cost.BoundedContextTokens);
            return;
        }

        _prefillTokens += n;
        _prefillPairs += n * c + n * (n + 1) / 2;
        _prefillBoundedPairs += BoundedPairs(n, c, State.Spec.Cost.BoundedContextTokens);
        _prefillContext += c + n;
        if (tokens == sequence.MissingTokens) _sampledPrefills++;
    }

    /// <summary>Σ over the new tokens t of min(c + t, bound).</summary>
    private static long BoundedPairs(long n, long c, long bound)
    {
        var growing = Math.Clamp(bound - c, 0, n);
        return growing * c + growing * (growing + 1) / 2 + (n - growing) * bound;
    }

    private void Allocate(long blocks)
    {
        if (!State.Pool.TryAllocate(blocks)) throw new InvalidOperationException($"{State.Spec.Name}: {blocks} blocks were checked to be available and are not.");
    }

    private bool Block(WaitCause cause)
    {
        Blocked = cause;
        return false;
    }
}
