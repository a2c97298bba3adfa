using Cluster.Engine.KvCache;
using Cluster.Engine.KvCache.Eviction;
using Cluster.Engine.KvCache.Tiers;
using Cluster.Engine.Requests;
using Cluster.Engine.Topology;
using Cluster.Engine.Units;

namespace Cluster.Engine.Scheduling;

/// <summary>What an instance holds: its queues, its batch, its blocks. Schedulers read it and change it through <see cref="StepBuilder"/>.</summary>
public sealed class InstanceState
{
    private long _admissions;

    public InstanceState(InstanceSpec spec, IKvEventSink? kvEvents, IKvStorePort? store = null)
    {
        ArgumentNullException.ThrowIfNull(spec);
        Spec = spec;
        if (!spec.Kv.Tiers.IsEmpty) Tiers = new KvTiers(spec.Kv.Tiers, store, chain => Pool!.CountPrefix(chain), kvEvents);
        Pool = new BlockPool(spec.Kv.TotalBlocks, Tiers ?? kvEvents, Evictions.Registry.Create(spec.Kv.Eviction, new Dictionary<string, double>()), spec.Kv.Groups, spec.Kv.BlockSize, extends: Tiers is null);
        Waiting = new WaitingQueue(spec.Scheduler.PriorityOrder);
        Arrived = new WaitingQueue(spec.Scheduler.PriorityOrder);
        Decodes = new DecodeBatch(spec.Kv.BlockSize, spec.Cost.BoundedContextTokens, !spec.Kv.ContiguousReservation,
            spec.Deployment.Speculation is { } speculation ? new DraftAcceptance(speculation, spec.Seed) : null,
            spec.Kv.ForgetsBeyondBound, spec.Kv.Groups);
    }

    public InstanceSpec Spec { get; }

    public BlockPool Pool { get; }

    /// <summary>Where evicted blocks go; null: nowhere.</summary>
    public KvTiers? Tiers { get; }

    /// <summary>The moment of the last input: copies to tiers begin at it.</summary>
    internal long NowNs
    {
        set
        {
            if (Tiers is not null) Tiers.NowNs = value;
        }
    }

    /// <summary>Sequences whose cached blocks are on their way up from a tier, earliest end first.</summary>
    internal PriorityQueue<Sequence, (long DueNs, long Id)> Onboarding { get; } = new();

    /// <summary>Unfilled blocks of prompts that others may copy.</summary>
    public PartialBlocks Partials { get; } = new();

    public WaitingQueue Waiting { get; }

    /// <summary>Sequences whose KV has arrived: they hold their blocks already, so they are admitted before <see cref="Waiting"/>.</summary>
    public WaitingQueue Arrived { get; }

    /// <summary>The sequence to admit next.</summary>
    public Sequence? Head => Arrived.Head ?? Waiting.Head;

    /// <summary>Sequences that wait to run, whether their KV is here or not.</summary>
    public int WaitingCount => Waiting.Count + Arrived.Count;

    /// <summary>Running sequences that still compute known tokens, in order of admission.</summary>
    public List<Sequence> Prefilling { get; } = [];

    public DecodeBatch Decodes { get; }

    /// <summary>Sequences that wait for blocks to receive their KV in, first come first served.</summary>
    public WaitingQueue Reserving { get; } = new(priorityOrder: false);

    /// <summary>Sequences outside the batch that hold blocks: receiving their KV, or waiting to be pulled.</summary>
    public Dictionary<long, Sequence> Parked { get; } = [];

    public int Running => Prefilling.Count + Decodes.Count;

    public InstanceCounters Counters { get; } = new();

    /// <summary>True between the reservation of this step's decode slots and its end.</summary>
    internal bool DecodeSlotsReserved { get; set; }

    /// <summary>Blocks that running sequences may still come to need, at their full length.</summary>
    public long PromisedBlocks { get; private set; }

    /// <summary>Blocks that running sequences will still ask for, at most; what others hold is taken as theirs.</summary>
    public long BlocksToCome => Math.Max(0, PromisedBlocks - Pool.Allocated - Pool.Referenced);

    /// <summary>Blocks that this sequence holds at its full length; of hybrid models, while the last chunk of so long a prompt is computed.</summary>
    public int BlocksAtFullLength(Sequence sequence)
    {
        var tokens = sequence.Request.InputTokens + Math.Max(sequence.TargetTokens, 1) - 1;
        if (Spec.Kv.Groups.IsEmpty) return Decodes.BlocksFor(tokens);
        var chunk = Spec.Scheduler.EnableChunkedPrefill ? Math.Min(tokens, Spec.StepTokenBudget) : tokens;
        return Decodes.BlocksDuring(tokens - chunk, chunk);
    }

    /// <summary>Remembers during which step a sequence came.</summary>
    internal void StampArrival(Sequence sequence, bool stepping) => sequence.QueuedStep = stepping ? Counters.Steps : Counters.Steps - 1;

    /// <summary>Under overlap scheduling the next step was composed before the sequence came, unless nothing runs.</summary>
    internal bool CameTooLate(Sequence sequence) =>
        Spec.Scheduler.OverlapScheduling && Running > 0 && Counters.Steps < KnownFromStep(sequence);

    /// <summary>The first step that a scheduler can compose knowing of the sequence.</summary>
    internal long KnownFromStep(Sequence sequence) => sequence.QueuedStep + (Spec.Scheduler.OverlapScheduling ? 2 : 1);

    /// <summary>Blocks that this sequence takes at admission when nothing is paged: nobody knows how long it will be.</summary>
    public int BlocksReservedAhead(Sequence sequence) =>
        (int)Math.Max(BlocksAtFullLength(sequence), Math.Min(Spec.Kv.BlocksFor(Decodes.Kept(Spec.Kv.MaxModelLen)), Pool.Total));

    /// <summary>Token-steps in which KV was held, and in which it held a token: the rest is waste.</summary>
    internal void RecordFill(Sequence sequence)
    {
        double steps = sequence.TargetTokens, used = Decodes.Kept((int)(sequence.Request.InputTokens + ((steps - 1) / 2)));
        // Of the last block, half is empty on average.
        var held = Spec.Kv.ContiguousReservation ? (double)BlocksReservedAhead(sequence) * Spec.Kv.BlockSize : used + ((Spec.Kv.BlockSize - 1) / 2.0);
        Counters.KvHeldTokenSteps += held * steps;
        Counters.KvUsedTokenSteps += used * steps;
    }

    internal void Admit(Sequence sequence)
    {
        sequence.Status = SequenceStatus.Prefilling;
        sequence.AdmissionOrder = _admissions++;
        PromisedBlocks += BlocksPromised(sequence);
    }

    private int BlocksPromised(Sequence sequence) => Spec.Kv.ContiguousReservation ? BlocksReservedAhead(sequence) : BlocksAtFullLength(sequence);

    /// <summary>The sequence waits, outside all queues, until its cached blocks have come up from a tier.</summary>
    /// <param name="dueNs">When; <see cref="Time.Never"/> while a store has not said.</param>
    internal void Park(Sequence sequence, int tokens, long dueNs)
    {
        sequence.Status = SequenceStatus.Onboarding;
        sequence.OnboardedTokens = tokens;
        sequence.IsAwaited = true;
        Parked.Add(sequence.Id, sequence);
        if (dueNs != Time.Never) Onboarding.Enqueue(sequence, (dueNs, sequence.Id));
    }

    /// <summary>What a parked sequence waited for will have come up then; or it never will, and the sequence waits before all others for the rest to be computed.</summary>
    /// <param name="id">Whom it was fetched for: the sequence may serve another request by now.</param>
    internal void Fetched(Sequence sequence, long id, StoreRead read)
    {
        if (sequence.Status != SequenceStatus.Onboarding || sequence.Id != id) return;
        if (read.Arrived)
        {
            Onboarding.Enqueue(sequence, (read.AtNs, id));
            return;
        }

        Parked.Remove(id);
        ReleaseBlocks(sequence);
        sequence.CachedTokens = -1;
        Counters.FellBack++;
        sequence.Status = SequenceStatus.Waiting;
        Waiting.EnqueueFront(sequence);
    }

    /// <summary>Takes a running sequence out of the batch; it keeps its blocks.</summary>
    internal void LeaveBatch(Sequence sequence)
    {
        PromisedBlocks -= BlocksPromised(sequence);
        if (sequence.Status == SequenceStatus.Decoding)
        {
            if (DecodeSlotsReserved) Pool.Return(Decodes.BlocksDueOf(sequence));
            Decodes.Leave(sequence);
        }
        else
        {
            Prefilling.Remove(sequence);
            sequence.Status = SequenceStatus.Outside;
        }
    }

    /// <summary>
    /// After a chunk: windows drop the blocks that they have passed, which stay cached until evicted, as do the prompt's last ones
    /// and the state at its end, for those who will go on from there.
    /// </summary>
    internal void PassWindows(Sequence sequence)
    {
        if (Spec.Kv.Groups.IsEmpty) return;
        if (!Spec.Kv.ContiguousReservation)
        {
            var passed = sequence.SharedBlocks + sequence.PrivateBlocks - Decodes.BlocksFor(sequence.Computed);
            Pool.Return(passed);
            sequence.PrivateBlocks -= passed;
        }

        StoreTails(sequence, mayEvict: true);
    }

    /// <summary>Of what came from elsewhere, windows have the last blocks alone.</summary>
    internal void SkipPassed(Sequence sequence)
    {
        var most = 1;
        foreach (var group in Spec.Kv.Groups) most = Math.Max(most, group.BlocksNeeded(Spec.Kv.BlockSize));
        sequence.TailBlocks = Math.Max(sequence.TailBlocks, (sequence.Computed / Spec.Kv.BlockSize) - most);
    }

    private void StoreTails(Sequence sequence, bool mayEvict)
    {
        if (!Spec.Kv.EnablePrefixCaching || Spec.Kv.Groups.IsEmpty) return;
        var full = sequence.Computed / Spec.Kv.BlockSize;
        if (full > sequence.TailBlocks) Pool.StoreTails(sequence.Blocks(Spec.Kv.BlockSize), sequence.TailBlocks, full, mayEvict);
        sequence.TailBlocks = full;
    }

    /// <summary>Full blocks that are computed enter the prefix cache.</summary>
    internal void PublishComputed(Sequence sequence)
    {
        // What has dropped its middle is no prefix of anything.
        if (!Spec.Kv.EnablePrefixCaching || Decodes.Kept(sequence.Computed) < sequence.Computed) return;
        var fresh = (sequence.Computed / Spec.Kv.BlockSize) - sequence.SharedBlocks;
        if (fresh <= 0) return;
        Pool.Publish(sequence.Blocks(Spec.Kv.BlockSize), sequence.SharedBlocks, fresh);
        sequence.SharedBlocks += fresh;
        sequence.PrivateBlocks -= fresh;
    }

    /// <summary>The prompt is computed: who begins alike may copy its last block, as long as this sequence holds it.</summary>
    internal void ShareLastBlock(Sequence sequence)
    {
        if (!Spec.Kv.CopyOnPartialReuse || !Spec.Kv.EnablePrefixCaching || sequence.SharesLastBlock) return;
        var prompt = sequence.Request.InputTokens;
        if (prompt % Spec.Kv.BlockSize == 0 || Decodes.Kept(prompt) < prompt) return;
        sequence.SharesLastBlock = true;
        Partials.Add(PromptParent(sequence), sequence.Id, sequence.Request.Content, prompt);
    }

    private ulong PromptParent(Sequence sequence) => ParentKey(sequence, sequence.Request.InputTokens / Spec.Kv.BlockSize);

    /// <summary>Key of the block before this one; 0 for the first.</summary>
    internal ulong ParentKey(Sequence sequence, int block) => block == 0 ? 0 : sequence.Blocks(Spec.Kv.BlockSize)[block - 1];

    /// <summary>Gives all blocks back; full ones stay in the prefix cache until evicted.</summary>
    internal void ReleaseBlocks(Sequence sequence)
    {
        PublishComputed(sequence);
        if (sequence.SharesLastBlock) Partials.Remove(PromptParent(sequence), sequence.Id);
        sequence.SharesLastBlock = false;
        Pool.Return(sequence.PrivateBlocks);
        if (sequence.SharedBlocks > 0)
            Pool.Release(sequence.Blocks(Spec.Kv.BlockSize).Take(sequence.SharedBlocks));
        // While decoding, windows have passed all but the last; and whoever makes room must not lose what it has found.
        SkipPassed(sequence);
        StoreTails(sequence, mayEvict: false);
        sequence.TailBlocks = 0;
        sequence.PrivateBlocks = sequence.SharedBlocks = 0;
    }

    /// <summary>The running sequence that preemption takes first: the last admitted, or the one of least priority.</summary>
    internal Sequence? Victim()
    {
        if (!Spec.Scheduler.PriorityOrder)
        {
            var (prefilling, decoding) = (Prefilling.Count > 0 ? Prefilling[^1] : null, Decodes.Last);
            if (prefilling is null || decoding is null) return prefilling ?? decoding;
            return prefilling.AdmissionOrder > decoding.AdmissionOrder ? prefilling : decoding;
        }

        Sequence? victim = null;
        foreach (var candidate in Prefilling) victim = Later(victim, candidate);
        for (var candidate = Decodes.First; candidate is not null; candidate = candidate.Next) victim = Later(victim, candidate);
        return victim;

        static Sequence Later(Sequence? a, Sequence b) =>
            a is null || (b.Request.Priority, b.Id).CompareTo((a.Request.Priority, a.Id)) > 0 ? b : a;
    }

    /// <summary>The last sequence whose KV arrived loses it again and queues to be computed here.</summary>
    internal void GiveUpArrived(Sequence sequence, long nowNs)
    {
        Arrived.Remove(sequence);
        ReleaseBlocks(sequence);
        Requeue(sequence, nowNs, toFront: false);
    }

    /// <summary>Recompute preemption: the sequence loses its blocks and waits before all others.</summary>
    internal void Preempt(Sequence victim, long nowNs, bool toFront)
    {
        LeaveBatch(victim);
        ReleaseBlocks(victim);
        Requeue(victim, nowNs, toFront);
    }

    private void Requeue(Sequence victim, long nowNs, bool toFront)
    {
        victim.Computed = 0;
        victim.Preemptions++;
        // The step that is being composed may have a chunk of it.
        victim.IsAwaited = true;
        victim.Status = SequenceStatus.Waiting;
        victim.QueuedNs = nowNs;
        Counters.Preemptions++;
        if (toFront) Waiting.EnqueueFront(victim);
        else Waiting.Enqueue(victim);
    }
}
