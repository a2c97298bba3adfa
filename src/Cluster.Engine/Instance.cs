using Cluster.Engine.Cost;
using Cluster.Engine.Diagnosis;
using Cluster.Engine.KvCache;
using Cluster.Engine.KvCache.Tiers;
using Cluster.Engine.Requests;
using Cluster.Engine.Scheduling;
using Cluster.Engine.Topology;
using Cluster.Engine.Units;

namespace Cluster.Engine;

/// <summary>
/// One engine instance as a state machine. A driver hands in sequences, asks it to begin a step, lets the step's
/// time pass in whatever way it has, ends the step, and carries out the <see cref="Effects"/>. It never looks at a
/// clock: <c>nowNs</c> is an argument and must not go backwards.
/// </summary>
public sealed partial class Instance
{
    private readonly IScheduler _scheduler;
    private readonly StepBuilder _builder;
    private readonly List<InstanceEffect> _effects = [];
    private readonly List<Sequence> _aborting = [];
    private readonly List<TokenEmission>? _tokens;
    private readonly ITokenGapSink? _gaps;

    /// <summary>Nothing ran before the step at hand.</summary>
    private bool _wasIdle = true;

    /// <param name="spec">The instance, resolved.</param>
    /// <param name="kvEvents">Learns what enters and leaves the prefix cache; null where no router listens.</param>
    /// <param name="gaps">Learns inter-token latencies; null where nobody asks.</param>
    /// <param name="reportTokens">Fill <see cref="Tokens"/> at the end of each step: costs time per running sequence, so virtual time leaves it off.</param>
    /// <param name="store">Its way to the KV store that instances share; null: none, or one of its own.</param>
    public Instance(InstanceSpec spec, IKvEventSink? kvEvents = null, ITokenGapSink? gaps = null, bool reportTokens = false, IKvStorePort? store = null)
    {
        State = new InstanceState(spec, kvEvents, store);
        _scheduler = Schedulers.Registry.Create(spec.Scheduler.Policy, spec.Scheduler.Dials);
        _builder = new StepBuilder(State);
        _gaps = gaps;
        _tokens = reportTokens ? [] : null;
    }

    public InstanceState State { get; }

    public InstanceSpec Spec => State.Spec;

    public WallTally Walls { get; } = new();

    public bool IsStepping { get; private set; }

    /// <summary>Steps take so many times as long as the cost model says: 1, or more while a rank of the group is slow.</summary>
    public double Slowdown { get; set; } = 1;

    /// <summary>Prompt chunks of the step in progress.</summary>
    public IReadOnlyList<PrefillChunk> Chunks => _builder.Chunks;

    /// <summary>Effects since <see cref="ClearEffects"/>, in order.</summary>
    public IReadOnlyList<InstanceEffect> Effects => _effects;

    public bool HasEffects => _effects.Count > 0;

    public void ClearEffects() => _effects.Clear();

    /// <summary>A request whose prompt is to be computed here.</summary>
    public void Enqueue(Sequence sequence, long nowNs)
    {
        if (!Fits(sequence)) return;
        sequence.Status = SequenceStatus.Waiting;
        sequence.QueuedNs = nowNs;
        State.StampArrival(sequence, IsStepping);
        State.Waiting.Enqueue(sequence);
    }

    /// <summary>The client went away. Inside a step, the sequence leaves when the step ends.</summary>
    public void Abort(Sequence sequence, long nowNs)
    {
        if (sequence.Status == SequenceStatus.Outside) return;
        if (IsStepping && sequence.Status is SequenceStatus.Prefilling or SequenceStatus.Decoding)
        {
            if (!_aborting.Contains(sequence)) _aborting.Add(sequence);
            return;
        }

        Remove(sequence);
        State.Counters.Aborted++;
        _effects.Add(new InstanceEffect(InstanceEffectKind.Aborted, sequence));
        ReserveWaiting(nowNs);
    }

    /// <summary>Composes and prices the next step. False when there is nothing to run.</summary>
    /// <exception cref="InvalidOperationException">A step is in progress.</exception>
    public bool TryBeginStep(long nowNs, out Step step)
    {
        if (IsStepping) throw new InvalidOperationException($"{Spec.Name}: a step is in progress.");
        ClearTokens();
        State.NowNs = nowNs;
        EndOnboards(nowNs);
        do
        {
            _builder.Begin(nowNs);
            if (State.Running + State.WaitingCount > 0) _scheduler.Compose(_builder);
        }
        while (_builder.IsEmpty && _builder.HasPreempted); // what was preempted makes room for the next attempt
        if (_builder.IsEmpty)
        {
            _wasIdle = true;
            step = default;
            return false;
        }

        foreach (var (sequence, _) in _builder.ChunkSpan) ShowHandedOverToken(sequence, nowNs);
        var shape = _builder.Shape() with { FillsPipeline = _wasIdle };
        _wasIdle = false;
        var cost = Spec.Cost.Evaluate(in shape);
        Walls.Add(in cost, _builder.Blocked);
        _dueNs = nowNs + StepNs(in cost);
        step = new Step(nowNs, _dueNs, shape, cost);
        IsStepping = true;
        return true;
    }

    private long StepNs(in StepCost cost) => Math.Max(1, Time.FromSeconds(cost.DurationSeconds * Slowdown));

    /// <summary>The step's time has passed: its tokens become visible, finished sequences return their blocks.</summary>
    public void EndStep(long nowNs)
    {
        if (!IsStepping) throw new InvalidOperationException($"{Spec.Name}: no step is in progress.");
        CutAhead(nowNs, inclusive: false);
        State.NowNs = nowNs;
        IsStepping = false;
        State.Counters.Steps++;
        ClearTokens();
        State.DecodeSlotsReserved = false;
        if (_builder.IncludesDecodes) EndDecodes(nowNs);
        foreach (var (sequence, tokens) in _builder.ChunkSpan) EndChunk(sequence, tokens, nowNs);
        foreach (var sequence in _aborting) Abort(sequence, nowNs);
        _aborting.Clear();
        ReserveWaiting(nowNs);
    }

    /// <summary>Everything inside is lost. Returns the sequences that were here, with the tokens they had.</summary>
    public IReadOnlyList<Sequence> Crash()
    {
        (IsStepping, _wasIdle) = (false, true);
        _aheadCount = _aheadBegun = 0;
        List<Sequence> lost = [.. State.Prefilling, .. State.Waiting.All, .. State.Arrived.All, .. State.Reserving.All, .. State.Parked.Values];
        for (var member = State.Decodes.First; member is not null; member = member.Next) lost.Add(member);
        foreach (var sequence in lost)
        {
            Remove(sequence);
            sequence.Computed = 0;
        }

        // Only now: a member that leaves inside a step gives back the block that its next token was to start.
        State.DecodeSlotsReserved = false;
        State.Onboarding.Clear();
        if (State.Tiers is { } tiers) tiers.Lose(() => State.Pool.EvictAll());
        else State.Pool.EvictAll();
        _effects.Clear();
        _aborting.Clear();
        return lost;
    }

    private void EndDecodes(long nowNs)
    {
        var decodes = State.Decodes;
        if (decodes.Speculates)
        {
            State.Pool.Return(decodes.AdvanceSpeculating(nowNs, _gaps, _tokens, State.Counters));
            while (decodes.TryTakeFinished(out var done)) Finish(done, nowNs);
            return;
        }

        if (_tokens is not null) Decoded = Decoders(decodes);
        State.Counters.GenerationTokens += decodes.Count;
        decodes.Advance(nowNs, _gaps);
        while (decodes.TryTakeFinished(out var finished)) Finish(finished, nowNs);
    }

    private void EndChunk(Sequence sequence, int tokens, long nowNs)
    {
        // Preempted later while the same step was composed: its chunk is void.
        if (sequence.Status != SequenceStatus.Prefilling) return;
        State.Counters.PromptTokens += Math.Clamp(sequence.Request.InputTokens - sequence.Computed, 0, tokens);
        sequence.Computed += tokens;
        State.PublishComputed(sequence);
        State.PassWindows(sequence);
        if (sequence.MissingTokens > 0) return;
        State.ShareLastBlock(sequence);

        sequence.Generated++;
        State.Counters.GenerationTokens++;
        if (sequence.Timeline.PrefillEndedNs == Time.Unset) sequence.Timeline.PrefillEndedNs = nowNs;
        var handsOn = sequence.TargetTokens < sequence.Request.OutputTokens;
        if (!handsOn && sequence.LastTokenNs != Time.Unset) _gaps?.Record(nowNs - sequence.LastTokenNs, 1);
        if (!handsOn)
        {
            _tokens?.Add(new TokenEmission(sequence, 1));
            ShowFirstToken(sequence, nowNs);
            sequence.LastTokenNs = nowNs;
        }

        if (sequence.Generated < sequence.TargetTokens)
        {
            State.Prefilling.Remove(sequence);
            State.Decodes.Join(sequence);
        }
        else if (handsOn)
        {
            State.LeaveBatch(sequence);
            sequence.Status = SequenceStatus.Held;
            State.Parked.Add(sequence.Id, sequence);
            _effects.Add(new InstanceEffect(InstanceEffectKind.PrefillComplete, sequence));
        }
        else
        {
            Finish(sequence, nowNs);
        }
    }

    private void Finish(Sequence sequence, long nowNs)
    {
        State.LeaveBatch(sequence);
        State.ReleaseBlocks(sequence);
        State.RecordFill(sequence);
        State.Counters.Finished++;
        sequence.Timeline.FinishedNs = nowNs;
        _effects.Add(new InstanceEffect(InstanceEffectKind.Finished, sequence));
    }

    /// <summary>Prompt and answer are within the context, as engines ask at the door, and within the blocks that there are.</summary>
    private bool Fits(Sequence sequence)
    {
        if (IsWithinContext(sequence) && State.BlocksAtFullLength(sequence) <= State.Pool.Total) return true;
        _effects.Add(new InstanceEffect(InstanceEffectKind.Rejected, sequence));
        return false;
    }

    /// <summary>Whether prompt and whole answer are no longer than the context that this instance serves.</summary>
    public bool IsWithinContext(Sequence sequence)
    {
        ArgumentNullException.ThrowIfNull(sequence);
        return (long)sequence.Request.InputTokens + sequence.Request.OutputTokens <= Spec.Kv.MaxModelLen;
    }

    private void Remove(Sequence sequence)
    {
        switch (sequence.Status)
        {
            case SequenceStatus.Waiting: State.Waiting.Remove(sequence); break;
            case SequenceStatus.Arrived: State.Arrived.Remove(sequence); break;
            case SequenceStatus.Reserving: State.Reserving.Remove(sequence); break;
            case SequenceStatus.Receiving or SequenceStatus.Onboarding or SequenceStatus.Held: State.Parked.Remove(sequence.Id); break;
            case SequenceStatus.Prefilling or SequenceStatus.Decoding: State.LeaveBatch(sequence); break;
            default: return;
        }

        State.ReleaseBlocks(sequence);
        sequence.Status = SequenceStatus.Outside;
    }

    /// <summary>The prefill instance made the first token; it leaves once this instance takes the request into its batch.</summary>
    private void ShowHandedOverToken(Sequence sequence, long nowNs)
    {
        if (sequence.Generated == 0 || sequence.Timeline.FirstTokenNs != Time.Unset) return;
        _tokens?.Add(new TokenEmission(sequence, 1));
        // Carried over from a lost instance: its client has tokens already, and this one follows them.
        if (sequence.LastTokenNs != Time.Unset) _gaps?.Record(nowNs - sequence.LastTokenNs, 1);
        ShowFirstToken(sequence, nowNs);
    }

    private void ShowFirstToken(Sequence sequence, long nowNs)
    {
        if (sequence.Timeline.FirstTokenNs != Time.Unset) return;
        sequence.Timeline.FirstTokenNs = nowNs;
        sequence.LastTokenNs = nowNs;
        _effects.Add(new InstanceEffect(InstanceEffectKind.FirstToken, sequence));
    }

    private void Expect(Sequence sequence, SequenceStatus status)
    {
        if (sequence.Status != status)
            throw new InvalidOperationException($"{Spec.Name}: request {sequence.Id} is {sequence.Status}, expected {status}.");
    }
}
