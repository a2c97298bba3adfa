using System.Collections.Concurrent;
using System.Collections.Immutable;
using Cluster.ServiceDefaults.Catalogue;

namespace Cluster.ServiceDefaults.Recording;

/// <summary>
/// Distributions that every step adds to, counted by ourselves: the SDK looks a series up by its labels for each value, which
/// took a tenth of what a step costs, and takes the gaps of a batch one by one.
/// </summary>
internal sealed class StepHistograms(Func<string, bool> isPublished)
{
    private readonly ConcurrentDictionary<(MetricDefinition Metric, string First, string Second), StepHistogram> _series = new();

    public static ImmutableArray<MetricDefinition> Metrics { get; } =
        [VllmMetrics.InterTokenLatency, VllmMetrics.IterationTokens, XpydInstanceMetrics.StepDuration, XpydInstanceMetrics.StepLateness];

    /// <summary>One metric's series whose engine, where they have one, still belongs to someone.</summary>
    public IEnumerable<StepHistogram> Of(MetricDefinition metric) => _series.Where(s => s.Key.Metric == metric && IsPublished(s.Value)).Select(s => s.Value);

    /// <summary>One series; the same object for the same labels.</summary>
    /// <param name="labels">Two, in the metric's order.</param>
    public StepHistogram Of(MetricDefinition metric, Labels labels) =>
        _series.GetOrAdd((metric, (string)labels[0].Value!, (string)labels[1].Value!), static (key, labels) => new StepHistogram(key.Metric, labels), labels);

    private bool IsPublished(StepHistogram series) =>
        Array.Find(series.Labels, l => l.Key == MetricLabels.Engine.Name).Value is not string engine || isPublished(engine);
}

/// <summary>One series. Thread-safe; recording allocates nothing.</summary>
internal sealed class StepHistogram(MetricDefinition metric, Labels labels)
{
    private readonly Lock _gate = new();
    private readonly long[] _counts = new long[metric.Buckets.Length + 1];
    private double _sum;

    public Labels Labels { get; } = labels;

    /// <param name="value">In the metric's unit.</param>
    /// <param name="count">So many of the same value.</param>
    public void Record(double value, int count = 1)
    {
        var at = metric.Buckets.AsSpan().BinarySearch(value);
        lock (_gate)
        {
            _counts[at < 0 ? ~at : at] += count;
            _sum += value * count;
        }
    }

    /// <summary>Values per bucket, the last without an upper bound, and the sum of all, of one moment.</summary>
    public (long[] Counts, double Sum) Read()
    {
        lock (_gate) return ([.. _counts], _sum);
    }
}
