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
/// the step's own end, end it. The clock is absolute: a step that ended late makes the next one no longer.
/// </summary>
/// <param name="collect">Carries out what a move of the engine caused.</param>
/// <param name="publish">The same, and tells gateways and router: once between two steps, when the next has been composed.</param>
internal sealed class StepLoop(
    Instance instance, EmulatedClock clock, IStepTimer timer, InstanceRecorder recorder, Action collect, Action publish, Action<long> stepBegan)
{
    private const int LatestSteps = 8;

    private Task _loop = Task.CompletedTask;
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

    /// <summary>Carries out what an input caused and sees that the loop runs. Returns at once.</summary>
    public void Kick()
    {
        publish();
        if (_loop.IsCompleted) _loop = RunAsync();
    }

    /// <summary>The grain is going: no step begins or ends from now on.</summary>
    public void Stop() => _isStopped = true;

    /// <summary>The step in progress never ends: the instance lost it.</summary>
    public void Interrupt() => _interruptions++;

    /// <summary>Looks what there is to do at this moment, when KV will have come up.</summary>
    private async Task WakeAsync(long atNs)
    {
        await clock.WaitUntilAsync(atNs);
        if (_wakeNs == atNs) _wakeNs = Time.Never;
        _inputNs = Math.Max(_inputNs, atNs);
        Kick();
    }

    private async Task RunAsync()
    {
        try
        {
            while (!_isStopped && instance.TryBeginStep(Math.Max(_stepEndedNs, _inputNs), out var step))
            {
                var interruptions = _interruptions;
                publish();
                stepBegan(step.StartNs);
                recorder.StepBegan(instance, in step);
                var timing = await timer.RunAsync(step.Shape, step.Cost, CancellationToken.None);
                var dueNs = step.StartNs + timing.EmulatedDurationNs;
                RatioMillionths.Record((long)(timing.Ratio * 1e6));
                if (timing.Saturated) SaturatedSteps++;
                if (_interruptions == interruptions) await clock.WaitUntilAsync(dueNs);
                if (_isStopped) return;
                if (_interruptions != interruptions) continue;
                var scale = clock.Scale;
                var latenessNs = (long)((clock.NowNs - dueNs) / scale);
                LateSeconds += Math.Max(0, latenessNs) / 1e9;
                Lateness.Record(Math.Max(0, latenessNs));
                if (latenessNs > Time.Millisecond) LateSteps++;
                Keep(step.Cost);
                recorder.StepEnded(instance, in step, dueNs - step.StartNs, latenessNs, scale);
                instance.EndStep(dueNs);
                _stepEndedNs = dueNs;
                collect();
            }

            publish();

            // KV may be on its way up from a tier below HBM; else there is nothing to do until the next input.
            if (instance.NextOnboardNs < _wakeNs) _ = WakeAsync(_wakeNs = instance.NextOnboardNs);
        }
        catch (Exception ending) when (_isStopped || ending is OperationCanceledException)
        {
            // What the step waited for, its clock or its threads, ended before it, and the cluster with them.
        }
        catch (Exception failure) when (failure is not OutOfMemoryException)
        {
            // Nobody awaits the loop: keep the reason for the health check and let the grain end its requests.
            Failure = failure;
            publish();
        }
    }

    private void Keep(in StepCost cost)
    {
        if (Latest.Count == LatestSteps) Latest.Dequeue();
        Latest.Enqueue(new StepSample(cost.DurationSeconds, cost.Flops, cost.HbmBytes));
    }
}
