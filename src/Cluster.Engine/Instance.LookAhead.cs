namespace Cluster.Engine;

/// <summary>
/// Steps of which the result is known before they are made: the same sequences decode, nobody joins, ends or waits. A
/// driver that owns its clock can price a run of them at once and be called again at the end of the last, as long as it
/// catches up before it reads the instance and cuts the run before it changes it. All figures are those of single steps.
/// </summary>
public sealed partial class Instance
{
    private AheadStep[] _ahead = [];
    private AheadSteps? _aheadRoom;
    private int _aheadCount;
    private int _aheadBegun;
    private long _dueNs;

    /// <summary>Whether steps are priced that have not begun yet.</summary>
    public bool IsAhead => _aheadBegun < _aheadCount;

    /// <summary>Whether steps ahead will evict cached blocks.</summary>
    public bool EvictsAhead { get; private set; }

    /// <summary>When the step in progress ends. Of the steps that the instance knows to have begun, the last.</summary>
    public long StepDueNs => _dueNs;

    /// <summary>Prices the steps that follow the one in progress, as far as each only repeats it.</summary>
    /// <param name="maxSteps">At most so many.</param>
    /// <param name="mayEvict">The run may evict cached blocks: their removal is told late, when the driver catches up.</param>
    /// <param name="room">Keeps what is priced; the same at each call.</param>
    /// <returns>When the last step ends: that of the step in progress where none could be added.</returns>
    public long LookAhead(int maxSteps, bool mayEvict, AheadSteps room)
    {
        var steps = Math.Min(maxSteps, RepeatableSteps());
        if (steps <= 0) return _dueNs;
        GiveRoomBack();
        (_ahead, _aheadRoom) = (room.Take(steps), room);
        var decodes = State.Decodes;
        // What a tier takes in can be found by other instances: that must not be late.
        var blocksLeft = mayEvict && State.Tiers is null ? State.Pool.Available : State.Pool.Free;
        var shape = _builder.Shape();
        var dueNs = _dueNs;
        var count = 0;
        for (; count < steps; count++)
        {
            blocksLeft -= decodes.BlocksDueAfter(count + 1);
            if (blocksLeft < 0) break;
            shape = shape with
            {
                DecodeContextTokens = shape.DecodeContextTokens + decodes.Count,
                DecodeBoundedContextTokens = shape.DecodeBoundedContextTokens + decodes.Growing,
            };
            var cost = Spec.Cost.Evaluate(in shape);
            dueNs += StepNs(in cost);
            _ahead[count] = new AheadStep(in cost, dueNs);
        }

        (_aheadCount, _aheadBegun) = (count, 0);
        EvictsAhead = mayEvict && blocksLeft < State.Pool.Evictable;
        return dueNs;
    }

    /// <summary>Makes every step of the run that ended before now, and begins the next: what the instance shows is what it would show at this moment.</summary>
    /// <param name="inclusive">So too a step that ends right now.</param>
    public void CatchUp(long nowNs, bool inclusive = false)
    {
        var decodes = State.Decodes;
        while (_aheadBegun < _aheadCount && (_dueNs < nowNs || (inclusive && _dueNs == nowNs)))
        {
            State.Counters.Steps++;
            State.Counters.GenerationTokens += decodes.Count;
            decodes.Advance(_dueNs, _gaps);
            if (!State.Pool.TryAllocate(decodes.BlocksDue)) throw new InvalidOperationException($"{Spec.Name}: blocks of steps ahead are gone.");
            ref readonly var step = ref _ahead[_aheadBegun++];
            Walls.Add(step.Cost, _builder.Blocked);
            _dueNs = step.DueNs;
        }
    }

    /// <summary>Catches up and forgets what lies further ahead: the step in progress is the last that is known.</summary>
    public void CutAhead(long nowNs, bool inclusive)
    {
        CatchUp(nowNs, inclusive);
        _aheadCount = _aheadBegun = 0;
        GiveRoomBack();
    }

    /// <summary>
    /// A sequence is about to come. Under overlap scheduling the step after the one in progress was composed without it: the run
    /// goes on to that one's end.
    /// </summary>
    /// <param name="inclusive">As for <see cref="CatchUp"/>.</param>
    /// <param name="endsNs">When the step after the one in progress ends.</param>
    /// <returns>False where the run has to be cut at the step in progress: <see cref="CutAhead"/>.</returns>
    public bool TryCutAfterNext(long nowNs, bool inclusive, out long endsNs)
    {
        CatchUp(nowNs, inclusive);
        endsNs = IsAhead ? _ahead[_aheadBegun].DueNs : _dueNs;
        // That slots are short is told first, and counted.
        if (!IsAhead || _dueNs <= nowNs || !Spec.Scheduler.OverlapScheduling || !_scheduler.PassesOverLatecomers || State.Running >= Spec.Scheduler.MaxNumSeqs) return false;
        _aheadCount = _aheadBegun + 1;
        return true;
    }

    private void GiveRoomBack()
    {
        if (_ahead.Length > 0) _aheadRoom!.Return(_ahead);
        _ahead = [];
    }

    /// <summary>Steps after the one in progress that are sure to repeat it, for as long as nothing comes from outside and blocks suffice.</summary>
    private int RepeatableSteps()
    {
        var uneventful = IsStepping && _tokens is null && _aborting.Count == 0 && _effects.Count == 0
            && _builder is { ChunkSpan.Length: 0, IncludesDecodes: true, HasPreempted: false }
            && State.Prefilling.Count == 0 && State.WaitingCount == 0 && State.Reserving.Count == 0 && State.Onboarding.Count == 0 && Spec.Deployment.Speculation is null
            && _scheduler.RepeatsDecodes;
        return uneventful ? State.Decodes.StepsToNextChange - 1 : 0;
    }
}
