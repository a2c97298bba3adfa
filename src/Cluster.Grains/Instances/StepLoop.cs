using Cluster.Compute;
using Cluster.Engine;
using Cluster.Engine.Cost;
using Cluster.Engine.Diagnosis;
using Cluster.Engine.Units;
using Cluster.Grains.Messages;
using Cluster.Grains.Timing;

namespace Cluster.Grains.Instances;

/// <summary>
/// Drives one instance in emulated real time: begin a step, let the host do its share of matrix products, wait for
/// the step's own end, end it. The clock is absolute: a step that ended late makes the next one no longer. A step takes no turn of
/// the grain, which would wake threads of the pool for it, but runs on the thread that the clock wakes; so it takes the gate, as turns do.
/// </summary>
/// <param name="gate">Whoever touches the instance holds it.</param>
/// <param name="collect">Carries out what a move of the engine caused.</param>
/// <param name="publish">The same, and tells gateways and router: once between two steps, when the next has been composed.</param>
internal sealed class StepLoop(
    Lock gate, Instance instance, EmulatedClock clock, IStepTimer timer, InstanceRecorder recorder, Action collect, Action publish, Action<long> stepBegan)
{
    private const int LatestSteps = 8;

    private bool _isRunning;
    private long _stepEndedNs;
    private long _inputNs;
    private int _interruptions;
    private long _wakeNs = Time.Never;
    private bool _isStopped;

    /// <summary>How late steps ended, wall nanoseconds.</summary>
    public DurationHistogram Lateness { get; } = new();

    /// <summary>Emulated ÷ modelled duration of each step, in millionths.</summary>
    public DurationHistogram RatioMillionths { get; } = new();

    public long SaturatedSteps { get; private set; }

    /// <summary>Steps that ended more than a millisecond after they were due.</summary>
    public long LateSteps { get; private set; }

    /// <summary>Sum of the lateness of all steps, wall seconds.</summary>
    public double LateSeconds { get; private set; }

    /// <summary>The latest steps, oldest first.</summary>
    public Queue<StepSample> Latest { get; } = new(LatestSteps);

    /// <summary>Why the loop broke; null while it is sound.</summary>
    public Exception? Failure { get; private set; }

    /// <summary>The moment to stamp an input of <paramref name="atNs"/> with: the engine's time does not go backwards.</summary>
    public long InputNs(long atNs) => _inputNs = Math.Max(atNs, Math.Max(_inputNs, _stepEndedNs));

    /// <summary>Carries out what an input caused and sees that the loop runs. Returns at once. Under the gate, as all but the loop itself.</summary>
    public void Kick()
    {
        publish();
        if (_isRunning) return;
        _isRunning = true;
        _ = RunAsync();
    }

    /// <summary>The grain is going: no step begins or ends from now on.</summary>
    public void Stop() => _isStopped = true;

    /// <summary>The step in progress never ends: the instance lost it.</summary>
    public void Interrupt() => _interruptions++;

    private async Task RunAsync()
    {
        try
        {
            while (TryBegin(out var step, out var interruptions))
            {
                var timing = await timer.RunAsync(step.Shape, step.Cost, CancellationToken.None).ConfigureAwait(false);
                if (_interruptions == interruptions) await clock.ReachAsync(step.StartNs + timing.EmulatedDurationNs).ConfigureAwait(false);
                End(in step, in timing, interruptions);
            }
        }
        catch (Exception ending) when (_isStopped || ending is OperationCanceledException)
        {
            // What the step waited for, its clock or its threads, ended before it, and the cluster with them.
        }
        catch (Exception failure) when (failure is not OutOfMemoryException)
        {
            Fail(failure);
        }
    }

    /// <summary>Composes the next step, then says what the one before it had to say; false when there is nothing to do until the next input.</summary>
    private bool TryBegin(out Step step, out int interruptions)
    {
        lock (gate)
        {
            (step, interruptions) = (default, _interruptions);
            if (_isStopped) return false;
            _isRunning = instance.TryBeginStep(Math.Max(_stepEndedNs, _inputNs), out step);
            publish();
            if (_isRunning)
            {
                stepBegan(step.StartNs);
                recorder.StepBegan(instance, in step);
            }
            // KV may be on its way up from a tier below HBM.
            else if (instance.NextOnboardNs < _wakeNs)
            {
                _ = WakeAsync(_wakeNs = instance.NextOnboardNs);
            }

            return _isRunning;
        }
    }

    private void End(in Step step, in StepTiming timing, int interruptions)
    {
        lock (gate)
        {
            RatioMillionths.Record((long)(timing.Ratio * 1e6));
            if (timing.Saturated) SaturatedSteps++;
            if (_isStopped || _interruptions != interruptions) return;
            var (dueNs, scale) = (step.StartNs + timing.EmulatedDurationNs, clock.Scale);
            var latenessNs = (long)((clock.NowNs - dueNs) / scale);
            LateSeconds += Math.Max(0, latenessNs) / 1e9;
            Lateness.Record(Math.Max(0, latenessNs));
            if (latenessNs > Time.Millisecond) LateSteps++;
            Keep(step.Cost);
            recorder.StepEnded(instance, in step, timing.EmulatedDurationNs, latenessNs, scale);
            instance.EndStep(dueNs);
            _stepEndedNs = dueNs;
            collect();
        }
    }

    /// <summary>Looks what there is to do at this moment, when KV will have come up.</summary>
    private async Task WakeAsync(long atNs)
    {
        await clock.ReachAsync(atNs).ConfigureAwait(false);
        lock (gate)
        {
            if (_wakeNs == atNs) _wakeNs = Time.Never;
            _inputNs = Math.Max(_inputNs, atNs);
            if (!_isStopped) Kick();
        }
    }

    /// <summary>Nobody awaits the loop: keeps the reason for the health check and lets the grain end its requests.</summary>
    private void Fail(Exception failure)
    {
        lock (gate)
        {
            (Failure, _isRunning) = (failure, false);
            publish();
        }
    }

    private void Keep(in StepCost cost)
    {
        if (Latest.Count == LatestSteps) Latest.Dequeue();
        Latest.Enqueue(new StepSample(cost.DurationSeconds, cost.Flops, cost.HbmBytes));
    }
}
