using System.Diagnostics.Metrics;
using Cluster.ServiceDefaults.Catalogue;

namespace Cluster.ServiceDefaults.Recording;

/// <summary>Creates OpenTelemetry instruments from catalogue entries, so that name, unit and buckets have one source.</summary>
internal static class Instruments
{
    public static Histogram<double> Histogram(this Meter meter, MetricDefinition metric) =>
        meter.CreateHistogram(metric.InstrumentName, Unit(metric), metric.Meaning, tags: null,
            new InstrumentAdvice<double> { HistogramBucketBoundaries = metric.Buckets });

    public static Counter<double> Counter(this Meter meter, MetricDefinition metric) =>
        meter.CreateCounter<double>(metric.InstrumentName, Unit(metric), metric.Meaning);

    public static void Observe(this Meter meter, MetricDefinition metric, Func<IEnumerable<Measurement<double>>> observe)
    {
        if (metric.Kind == MetricKind.Counter)
            meter.CreateObservableCounter(metric.InstrumentName, observe, Unit(metric), metric.Meaning);
        else
            meter.CreateObservableGauge(metric.InstrumentName, observe, Unit(metric), metric.Meaning);
    }

    private static string? Unit(MetricDefinition metric) => metric.Unit.Length == 0 ? null : metric.Unit;
}
