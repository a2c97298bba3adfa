using Cluster.ServiceDefaults.Recording;
using OpenTelemetry;
using OpenTelemetry.Metrics;

namespace Cluster.ServiceDefaults.Exposition;

/// <summary>Hands what the SDK's pull reader collects to the writer of the scrape in progress.</summary>
[ExportModes(ExportModes.Pull)]
internal sealed class PrometheusExporter(Func<string, string, bool> isPublished, StepHistograms steps) : BaseExporter<Metric>, IPullMetricExporter
{
    private readonly ExpositionWriter _writer = new(isPublished, steps);
    private ExpositionBuffer? _to;
    private ExpositionFormat _format;

    /// <summary>Set by the reader: collects all instruments and calls <see cref="Export"/>.</summary>
    public Func<int, bool>? Collect { get; set; }

    /// <summary>Renders the current values. One call at a time.</summary>
    /// <exception cref="InvalidOperationException">The reader is shut down or its collection failed.</exception>
    public void Render(ExpositionFormat format, ExpositionBuffer to)
    {
        (_format, _to) = (format, to);
        try
        {
            if (Collect is null || !Collect(Timeout.Infinite)) throw new InvalidOperationException("The metrics could not be collected: the meter provider is shut down.");
        }
        finally
        {
            _to = null;
        }
    }

    public override ExportResult Export(in Batch<Metric> batch)
    {
        if (_to is null) return ExportResult.Failure;
        _writer.Write(batch, _format, _to);
        return ExportResult.Success;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing) _writer.Dispose();
        base.Dispose(disposing);
    }
}
