using System.Collections.Concurrent;
using Cluster.ServiceDefaults.Catalogue;

namespace Cluster.ServiceDefaults.Recording;

/// <summary>
/// Gaps between tokens, counted by ourselves: a step gives one to each request of its batch, mostly the same to all, and the
/// SDK takes one measurement per call.
/// </summary>
internal sealed class TokenGaps(Func<string, bool> isPublished)
{
    private readonly ConcurrentDictionary<(string Model, string Engine), GapHistogram> _series = new();

    public static MetricDefinition Metric => VllmMetrics.InterTokenLatency;

    /// <summary>Series whose engine still belongs to someone.</summary>
    public IEnumerable<GapHistogram> Series => _series.Where(s => isPublished(s.Key.Engine)).Select(s => s.Value);

    /// <summary>The series of one engine; the same object for the same names.</summary>
    public GapHistogram Of(string model, string engine) => _series.GetOrAdd((model, engine), static key =>
        new GapHistogram(LabelSet.Of(MetricLabels.ModelName, key.Model).With(MetricLabels.Engine, key.Engine)));
}

/// <summary>One engine's gaps. Thread-safe; recording allocates nothing.</summary>
internal sealed class GapHistogram(Labels labels)
{
    private readonly Lock _gate = new();
    private readonly long[] _counts = new long[TokenGaps.Metric.Buckets.Length + 1];
    private double _sum;

    public Labels Labels { get; } = labels;

    /// <param name="count">So many gaps of the same length.</param>
    public void Record(double seconds, int count)
    {
        var bounds = TokenGaps.Metric.Buckets.AsSpan();
        var bucket = 0;
        while (bucket < bounds.Length && seconds > bounds[bucket]) bucket++;
        lock (_gate)
        {
            _counts[bucket] += count;
            _sum += seconds * count;
        }
    }

    /// <summary>Gaps per bucket, the last without an upper bound, and the sum of all, of one moment.</summary>
    public (long[] Counts, double Sum) Read()
    {
        lock (_gate) return ([.. _counts], _sum);
    }
}
