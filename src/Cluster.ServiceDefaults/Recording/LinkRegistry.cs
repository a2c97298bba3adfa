using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Cluster.ServiceDefaults.Catalogue;

namespace Cluster.ServiceDefaults.Recording;

/// <summary>The links of this process and their observable series.</summary>
internal sealed class LinkRegistry
{
    private readonly ConcurrentDictionary<string, LinkMetrics> _links = new(StringComparer.Ordinal);

    public LinkRegistry(Meter meter)
    {
        Create(meter, XpydFabricMetrics.LinkUtilization, s => s.Utilization);
        Create(meter, XpydFabricMetrics.LinkTransfers, s => s.ActiveTransfers);
        Create(meter, XpydFabricMetrics.LinkWaiting, s => s.WaitingTransfers);
        Create(meter, XpydFabricMetrics.LinkBytes, s => s.CarriedBytes);
        Create(meter, XpydFabricMetrics.LinkBandwidth, s => s.NominalBytesPerSecond);
    }

    public bool Publishes(string link) => _links.ContainsKey(link);

    public LinkMetrics Add(string cluster, string link)
    {
        ArgumentNullException.ThrowIfNull(link);
        if (_links.Count >= MetricLabels.MaxLinks && !_links.ContainsKey(link))
            throw new InvalidOperationException($"Link '{link}' would be number {_links.Count + 1} in this process; series are kept for {MetricLabels.MaxLinks}.");
        var labels = LabelSet.Of(MetricLabels.Cluster, cluster).With(MetricLabels.Link, link);
        return _links[link] = new LinkMetrics(link, labels, gone => _links.TryRemove(new(gone.Link, gone)));
    }

    private void Create(Meter meter, MetricDefinition metric, Func<LinkState, double> read) =>
        meter.Observe(metric, () => _links.Values.Select(link => new Measurement<double>(read(link.State), link.Labels)));
}
