using System.Collections.Concurrent;
using System.Collections.Immutable;

namespace Cluster.ServiceDefaults.Recording;

/// <summary>The instances of this process that publish series now.</summary>
internal sealed class InstanceRegistry
{
    private readonly Lock _gate = new();
    private ImmutableDictionary<string, InstanceMetrics> _byEngine = ImmutableDictionary<string, InstanceMetrics>.Empty;
    private readonly ConcurrentDictionary<string, int> _histogramEngines = new(StringComparer.Ordinal);

    public IEnumerable<InstanceMetrics> Instances => _byEngine.Values;

    public int Count => _byEngine.Count;

    /// <summary>True while a series with this <c>engine</c> label belongs to someone.</summary>
    public bool Publishes(string engine) => _byEngine.ContainsKey(engine) || _histogramEngines.ContainsKey(engine);

    public void Add(InstanceMetrics instance)
    {
        lock (_gate)
        {
            if (_byEngine.TryGetValue(instance.Identity.Engine, out var old)) Release(old);
            _byEngine = _byEngine.SetItem(instance.Identity.Engine, instance);
            _histogramEngines.AddOrUpdate(instance.HistogramEngine, 1, (_, users) => users + 1);
        }
    }

    /// <summary>Does nothing when another activation has taken the name since.</summary>
    public void Remove(InstanceMetrics instance)
    {
        lock (_gate)
        {
            if (!_byEngine.TryGetValue(instance.Identity.Engine, out var current) || !ReferenceEquals(current, instance)) return;
            _byEngine = _byEngine.Remove(instance.Identity.Engine);
            Release(instance);
        }
    }

    private void Release(InstanceMetrics instance)
    {
        if (_histogramEngines.AddOrUpdate(instance.HistogramEngine, 0, (_, users) => users - 1) <= 0)
            _histogramEngines.TryRemove(instance.HistogramEngine, out _);
    }
}
