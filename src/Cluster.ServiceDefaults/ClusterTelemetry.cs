using Cluster.ServiceDefaults.Catalogue;
using Cluster.ServiceDefaults.Exposition;
using Cluster.ServiceDefaults.Recording;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Cluster.ServiceDefaults;

/// <summary>The OpenTelemetry providers of one host, built at start-up and shut down with it.</summary>
internal sealed class ClusterTelemetry : IDisposable
{
    private const int FlushMs = 10_000;

    private readonly MeterProvider _meters;
    private readonly TracerProvider? _tracers;

    public ClusterTelemetry(ServiceDefaultsOptions options, ClusterMetrics metrics)
    {
        var resource = ResourceBuilder.CreateDefault().AddService(options.ServiceName, serviceVersion: options.ServiceVersion, autoGenerateServiceInstanceId: options.InstanceId is null, serviceInstanceId: options.InstanceId);
        var exporter = new PrometheusExporter((label, value) => label switch
        {
            "engine" => metrics.Registry.Publishes(value),
            "link" => metrics.HasLink(value),
            _ => true,
        }, metrics.StepHistograms);
        Scraper = new Scraper(exporter);
        _meters = BuildMeters(options, metrics.MeterName, resource, exporter);
        if (options.OtlpEndpoint is not null) _tracers = BuildTracers(options, resource);
    }

    public Scraper Scraper { get; }

    /// <summary>Sends what was traced; a collector that does not answer in time gets the rest at the end.</summary>
    public void FlushTraces() => _tracers?.ForceFlush(FlushMs);

    public void Dispose()
    {
        _tracers?.Dispose();
        _meters.Dispose();
        Scraper.Dispose();
    }

    private static MeterProvider BuildMeters(ServiceDefaultsOptions options, string meterName, ResourceBuilder resource, PrometheusExporter exporter)
    {
        var builder = Sdk.CreateMeterProviderBuilder()
            .SetResourceBuilder(resource)
            .AddMeter(meterName)
            .AddMeter([.. options.ForeignMeters])
            .AddView(instrument => instrument.Meter.Name == meterName && MetricCatalogue.ByInstrumentName.TryGetValue(instrument.Name, out var metric) ? View(metric, options) : null)
            .AddReader(new BaseExportingMetricReader(exporter) { TemporalityPreference = MetricReaderTemporalityPreference.Cumulative });
        if (options.OtlpEndpoint is not null)
            builder.SetExemplarFilter(ExemplarFilterType.TraceBased).AddOtlpExporter(otlp => Configure(otlp, options, "/v1/metrics"));
        return builder.Build();
    }

    private static TracerProvider BuildTracers(ServiceDefaultsOptions options, ResourceBuilder resource) =>
        Sdk.CreateTracerProviderBuilder()
            .SetResourceBuilder(resource)
            .AddSource([.. options.ActivitySources])
            .AddOtlpExporter(otlp => Configure(otlp, options, "/v1/traces"))
            .Build();

    /// <summary>The SDK folds label sets beyond a limit into one; ours is the catalogue's stated bound, not its 2,000.</summary>
    private static MetricStreamConfiguration View(MetricDefinition metric, ServiceDefaultsOptions options)
    {
        // Scrapes get what StepHistograms counts.
        if (StepHistograms.Metrics.Contains(metric) && options.OtlpEndpoint is null) return MetricStreamConfiguration.Drop;
        return metric.Kind == MetricKind.Histogram
            ? new ExplicitBucketHistogramConfiguration { Boundaries = [.. metric.Buckets], CardinalityLimit = metric.MaxLabelSets, RecordMinMax = false }
            : new MetricStreamConfiguration { CardinalityLimit = metric.MaxLabelSets };
    }

    /// <summary>
    /// Headers and time-out the exporter reads from its environment variables itself. Endpoint and protocol may also come
    /// from configuration; the exporter adds a signal's path only to an endpoint it has read itself.
    /// </summary>
    private static void Configure(OtlpExporterOptions otlp, ServiceDefaultsOptions options, string path)
    {
        otlp.Protocol = options.OtlpProtocol;
        otlp.Endpoint = options.OtlpProtocol == OtlpExportProtocol.Grpc
            ? options.OtlpEndpoint!
            : new Uri(options.OtlpEndpoint!.AbsoluteUri.TrimEnd('/') + path);
    }
}
