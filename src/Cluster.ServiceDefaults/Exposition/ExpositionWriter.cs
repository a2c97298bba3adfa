using Cluster.ServiceDefaults.Catalogue;
using Cluster.ServiceDefaults.Recording;
using OpenTelemetry;
using OpenTelemetry.Metrics;

namespace Cluster.ServiceDefaults.Exposition;

/// <summary>Writes one collection of metrics in one dialect. Not thread-safe; kept for its caches.</summary>
/// <param name="isPublished">Whether a series with this value of <c>engine</c>, <c>link</c> or <c>cluster</c> still belongs to someone.</param>
/// <param name="steps">What is counted outside of the SDK; where the SDK counts it as well, for others, this is what is written.</param>
internal sealed class ExpositionWriter(Func<string, string, bool> isPublished, StepHistograms steps) : IDisposable
{
    private readonly Dictionary<double, byte[]> _bounds = [];
    private readonly Dictionary<string, FamilyName> _names = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _labelNames = new(StringComparer.Ordinal);
    private readonly HashSet<string> _written = new(StringComparer.Ordinal);
    private readonly ExpositionBuffer _prefix = new();

    public void Write(in Batch<Metric> metrics, ExpositionFormat format, ExpositionBuffer to)
    {
        _written.Clear();
        foreach (var metric in StepHistograms.Metrics) WriteSteps(metric, format, to);
        foreach (var metric in metrics)
        {
            var name = Name(metric);
            if (!_written.Add(name.Name)) continue;
            WriteFamily(metric, name, format, to);
        }

        if (format == ExpositionFormat.OpenMetrics) to.Append("# EOF\n"u8);
    }

    public void Dispose() => _prefix.Dispose();

    private void WriteSteps(MetricDefinition metric, ExpositionFormat format, ExpositionBuffer to)
    {
        var family = MetricNaming.Of(metric);
        _written.Add(family.Name);
        var hasHeader = false;
        foreach (var series in steps.Of(metric))
        {
            var (counts, sum) = series.Read();
            if (!Array.Exists(counts, count => count > 0)) continue;
            if (!hasHeader) WriteHeader(metric.Meaning, family.Name, "histogram", family.Unit, format, to);
            hasHeader = true;
            _prefix.Truncate(0);
            foreach (var (key, value) in series.Labels) WriteLabel(key, MetricNaming.Text(value));
            HistogramLines.Write(family.Name, _prefix.Written.Span, metric.Buckets.AsSpan(), counts, sum, Bound, to);
        }
    }

    private void WriteFamily(Metric metric, FamilyName name, ExpositionFormat format, ExpositionBuffer to)
    {
        var isCounter = metric.MetricType is MetricType.LongSum or MetricType.DoubleSum;
        var isHistogram = metric.MetricType == MetricType.Histogram;
        var start = to.Length;
        var sample = isCounter ? name.Name + "_total" : name.Name;
        WriteHeader(metric.Description, isCounter && format == ExpositionFormat.Text ? sample : name.Name, isCounter ? "counter" : isHistogram ? "histogram" : "gauge", name.Unit, format, to);
        var header = to.Length;
        var ours = MetricCatalogue.ByInstrumentName.ContainsKey(metric.Name);
        foreach (ref readonly var point in metric.GetMetricPoints())
        {
            _prefix.Truncate(0);
            if (!WriteLabels(point.Tags, ours)) continue;
            if (isHistogram) HistogramLines.Write(point, sample, _prefix.Written.Span, Bound, format, to);
            else WriteSample(metric.MetricType, point, sample, to);
        }

        if (to.Length == header) to.Truncate(start);
    }

    private void WriteSample(MetricType type, in MetricPoint point, string sample, ExpositionBuffer to)
    {
        to.Append(sample);
        if (_prefix.Length > 0) to.Append("{"u8).Append(_prefix.Written.Span).Append("}"u8);
        to.Append(" "u8).Append(type switch
        {
            MetricType.LongSum or MetricType.LongSumNonMonotonic => point.GetSumLong(),
            MetricType.DoubleSum or MetricType.DoubleSumNonMonotonic => point.GetSumDouble(),
            MetricType.LongGauge => point.GetGaugeLastValueLong(),
            MetricType.DoubleGauge => point.GetGaugeLastValueDouble(),
            _ => throw new NotSupportedException($"Metrics of type {type} have no Prometheus exposition here."),
        }).Append("\n"u8);
    }

    /// <summary>Labels of a point, without braces, into the prefix. False when the point's owner has gone.</summary>
    private bool WriteLabels(ReadOnlyTagCollection tags, bool ours)
    {
        foreach (var (key, value) in tags)
        {
            var text = MetricNaming.Text(value);
            if (ours && !isPublished(key, text)) return false;
            WriteLabel(key, text);
        }

        return true;
    }

    private void WriteLabel(string key, string text)
    {
        if (_prefix.Length > 0) _prefix.Append(","u8);
        _prefix.Append(LabelName(key)).Append("=\""u8).AppendEscaped(text, quotes: true).Append("\""u8);
    }

    private static void WriteHeader(string meaning, string name, string type, string unit, ExpositionFormat format, ExpositionBuffer to)
    {
        to.Append("# TYPE "u8).Append(name).Append(" "u8).Append(type).Append("\n"u8);
        if (unit.Length > 0 && format == ExpositionFormat.OpenMetrics && name.EndsWith(unit, StringComparison.Ordinal))
            to.Append("# UNIT "u8).Append(name).Append(" "u8).Append(unit).Append("\n"u8);
        if (!string.IsNullOrEmpty(meaning))
            to.Append("# HELP "u8).Append(name).Append(" "u8).AppendEscaped(meaning, quotes: format == ExpositionFormat.OpenMetrics).Append("\n"u8);
    }

    private FamilyName Name(Metric metric)
    {
        if (!_names.TryGetValue(metric.Name, out var name)) _names[metric.Name] = name = MetricNaming.Of(metric);
        return name;
    }

    private string LabelName(string key)
    {
        if (!_labelNames.TryGetValue(key, out var name)) _labelNames[key] = name = MetricNaming.Sanitize(key);
        return name;
    }

    private byte[] Bound(double bound)
    {
        if (!_bounds.TryGetValue(bound, out var text)) _bounds[bound] = text = System.Text.Encoding.ASCII.GetBytes(CanonicalNumber.Bound(bound));
        return text;
    }
}
