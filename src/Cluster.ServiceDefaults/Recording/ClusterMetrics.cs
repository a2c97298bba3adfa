using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Cluster.ServiceDefaults.Catalogue;

namespace Cluster.ServiceDefaults.Recording;

/// <summary>
/// The one door through which the live cluster reports. One per process, from <c>AddServiceDefaults</c>:
/// an instance's shell takes an <see cref="InstanceMetrics"/>, whoever ends requests, routes or moves KV takes the
/// <see cref="ClusterSeries"/> of its cluster, a link takes a <see cref="LinkMetrics"/>.
/// </summary>
public sealed class ClusterMetrics : IDisposable
{
    /// <summary>
    /// Up to so many instances each has its own distributions, about 300 series each. Beyond it the distributions'
    /// <c>engine</c> is the instance's pool, so that a scrape of 1,000 instances stays under 20 MB.
    /// </summary>
    public const int MaxInstancesWithOwnHistograms = 400;

    private readonly Meter _meter;
    private readonly InstanceHistograms _histograms;
    private readonly ClusterInstruments _instruments;
    private readonly LinkRegistry _links;
    private readonly ConcurrentDictionary<string, ClusterSeries> _clusters = new(StringComparer.Ordinal);

    /// <param name="meterName">Unique among the hosts of this process; see <see cref="MeterNames"/>.</param>
    public ClusterMetrics(string meterName)
    {
        _meter = new Meter(meterName);
        _histograms = new InstanceHistograms(_meter);
        _instruments = new ClusterInstruments(_meter);
        Registry = new InstanceRegistry();
        StepHistograms = new StepHistograms(Registry.Publishes);
        new InstanceObservables(_meter, Registry).Create();
        _links = new LinkRegistry(_meter);
        new ClusterObservables(_meter, () => _clusters.Values).Create();
        Emulator = new EmulatorMetrics(_meter);
    }

    /// <summary>Meter that carries the catalogue's instruments.</summary>
    public string MeterName => _meter.Name;

    /// <summary>This process as an emulator: host saturation, version.</summary>
    public EmulatorMetrics Emulator { get; }

    internal InstanceRegistry Registry { get; }

    internal StepHistograms StepHistograms { get; }

    internal bool HasLink(string link) => _links.Publishes(link);

    internal bool HasCluster(string cluster) => _clusters.ContainsKey(cluster);

    /// <summary>
    /// Starts an instance's series; disposing the result ends them. A second call with the same engine name takes
    /// the series over, as a re-activated grain does.
    /// </summary>
    /// <param name="instancesOfProcess">Instances this process will host, when known: from
    /// <see cref="MaxInstancesWithOwnHistograms"/> on, distributions are kept per pool. 0: as many as are there now.</param>
    /// <exception cref="InvalidOperationException">More than <see cref="MetricLabels.MaxInstances"/> instances.</exception>
    public InstanceMetrics AddInstance(InstanceIdentity identity, int instancesOfProcess = 0)
    {
        ArgumentNullException.ThrowIfNull(identity);
        if (Registry.Count >= MetricLabels.MaxInstances && !Registry.Publishes(identity.Engine))
            throw new InvalidOperationException(
                $"Instance '{identity.Engine}' would be the {Registry.Count + 1}th in this process; series are kept for {MetricLabels.MaxInstances}. Spread the instances over more silos.");
        var crowded = Math.Max(instancesOfProcess, Registry.Count + 1) > MaxInstancesWithOwnHistograms;
        var pool = identity.Pool.Length > 0 ? identity.Pool : identity.Role.Name();
        var instance = new InstanceMetrics(identity, crowded ? pool : identity.Engine, _histograms, StepHistograms, Registry.Remove);
        Registry.Add(instance);
        return instance;
    }

    /// <summary>Starts a link's series; disposing the result ends them.</summary>
    /// <param name="link">Unique in the process, e.g. <c>prefill-0.nic</c>.</param>
    public LinkMetrics AddLink(string cluster, string link) => _links.Add(cluster, link);

    /// <summary>The series of a whole cluster; the same object for the same name.</summary>
    /// <exception cref="InvalidOperationException">More than <see cref="MetricLabels.MaxClusters"/> names in one process.</exception>
    public ClusterSeries ForCluster(string cluster)
    {
        ArgumentNullException.ThrowIfNull(cluster);
        if (_clusters.TryGetValue(cluster, out var known)) return known;
        if (_clusters.Count >= MetricLabels.MaxClusters)
            throw new InvalidOperationException($"Cluster '{cluster}' would be number {_clusters.Count + 1} in this process; series are kept for {MetricLabels.MaxClusters}.");
        return _clusters.GetOrAdd(cluster, name => new ClusterSeries(name, _instruments));
    }

    /// <summary>Ends the series of a cluster that is no more, its gauges first of all.</summary>
    public void RemoveCluster(string cluster) => _clusters.TryRemove(cluster, out _);

    public void Dispose()
    {
        _meter.Dispose();
        MeterNames.Release(_meter.Name);
    }
}
