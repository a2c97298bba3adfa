using OpenTelemetry.Metrics;

namespace Cluster.ServiceDefaults.Exposition;

/// <summary>The lines of one histogram series: cumulative buckets, sum, count, and in OpenMetrics their exemplars.</summary>
internal static class HistogramLines
{
    public static void Write(
        in MetricPoint point, string name, ReadOnlySpan<byte> labels, Func<double, byte[]> bound, ExpositionFormat format, ExpositionBuffer to)
    {
        var hasExemplars = point.TryGetExemplars(out var exemplars) && format == ExpositionFormat.OpenMetrics;
        long count = 0;
        var below = double.NegativeInfinity;
        foreach (var bucket in point.GetHistogramBuckets())
        {
            count += bucket.BucketCount;
            Bucket(name, labels, bound(bucket.ExplicitBound), count, to);
            if (hasExemplars) AppendExemplar(exemplars, below, bucket.ExplicitBound, to);
            to.Append("\n"u8);
            below = bucket.ExplicitBound;
        }

        Total(name, "_sum"u8, labels, point.GetHistogramSum(), to);
        Total(name, "_count"u8, labels, point.GetHistogramCount(), to);
    }

    /// <summary>The same of a histogram that is counted outside of the SDK.</summary>
    /// <param name="bounds">Upper bounds, one less than <paramref name="counts"/>.</param>
    public static void Write(
        string name, ReadOnlySpan<byte> labels, ReadOnlySpan<double> bounds, ReadOnlySpan<long> counts, double sum, Func<double, byte[]> bound, ExpositionBuffer to)
    {
        long count = 0;
        for (var i = 0; i < counts.Length; i++)
        {
            count += counts[i];
            Bucket(name, labels, bound(i < bounds.Length ? bounds[i] : double.PositiveInfinity), count, to);
            to.Append("\n"u8);
        }

        Total(name, "_sum"u8, labels, sum, to);
        Total(name, "_count"u8, labels, count, to);
    }

    private static void Bucket(string name, ReadOnlySpan<byte> labels, ReadOnlySpan<byte> bound, long count, ExpositionBuffer to)
    {
        to.Append(name).Append("_bucket{"u8).Append(labels);
        if (labels.Length > 0) to.Append(","u8);
        to.Append("le=\""u8).Append(bound).Append("\"} "u8).Append(count);
    }

    private static void Total(string name, ReadOnlySpan<byte> suffix, ReadOnlySpan<byte> labels, double value, ExpositionBuffer to)
    {
        to.Append(name).Append(suffix);
        if (labels.Length > 0) to.Append("{"u8).Append(labels).Append("}"u8);
        to.Append(" "u8).Append(value).Append("\n"u8);
    }

    private static void AppendExemplar(ReadOnlyExemplarCollection exemplars, double above, double upTo, ExpositionBuffer to)
    {
        foreach (ref readonly var exemplar in exemplars)
        {
            // Every histogram of ours records doubles; foreign ones may record longs, whose exemplars keep them apart.
            var value = exemplar.DoubleValue != 0 ? exemplar.DoubleValue : exemplar.LongValue;
            if (value <= above || value > upTo || exemplar.TraceId == default) continue;
            to.Append(" # {trace_id=\""u8).Append(exemplar.TraceId.ToHexString())
                .Append("\",span_id=\""u8).Append(exemplar.SpanId.ToHexString()).Append("\"} "u8).Append(value)
                .Append(" "u8).Append(exemplar.Timestamp.ToUnixTimeMilliseconds() / 1000.0);
            return;
        }
    }
}
