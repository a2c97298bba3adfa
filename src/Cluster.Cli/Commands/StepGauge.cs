using Cluster.Engine;
using Cluster.Engine.Diagnosis;
using Cluster.Engine.Units;
using Cluster.Grains.Instances;

namespace Cluster.Cli.Commands;

/// <summary>Takes down how steps of running instances end, between two moments.</summary>
internal sealed class StepGauge : IStepWatch
{
    private readonly Lock _gate = new();
    private DurationHistogram _lateness = new();
    private DurationHistogram _millionths = new();
    private long _running;

    public long Steps { get; private set; }

    /// <summary>Wall nanoseconds after each step was due.</summary>
    public DurationHistogram Lateness => _lateness;

    /// <summary>Emulated ÷ model duration, of the median step.</summary>
    public double MedianRatio => _millionths.QuantileNs(0.5) / 1e6;

    /// <summary>Sequences that decoded in the mean step.</summary>
    public double MeanBatch => Steps == 0 ? 0 : (double)_running / Steps;

    public void Restart()
    {
        lock (_gate) (_lateness, _millionths, Steps, _running) = (new DurationHistogram(), new DurationHistogram(), 0, 0);
    }

    public void StepBegan(Instance instance, in Step step)
    {
    }

    public void StepEnded(Instance instance, in Step step, long durationNs, long latenessNs)
    {
        lock (_gate)
        {
            Steps++;
            _running += step.Shape.DecodeSequences;
            _lateness.Record(Math.Max(0, latenessNs));
            _millionths.Record((long)(durationNs / (step.Cost.DurationSeconds * Time.Second) * 1e6));
        }
    }
}
