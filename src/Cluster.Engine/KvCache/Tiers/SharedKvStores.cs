using Cluster.Engine.Topology;
using Cluster.Engine.Units;

namespace Cluster.Engine.KvCache.Tiers;

/// <summary>The remote stores of a cluster: one for all instances whose KV means the same. Whoever drives the instances drives these too.</summary>
public sealed class SharedKvStores
{
    private readonly Dictionary<(string Model, Models.NumberFormat Kv, int BlockSize), KvStore> _stores = [];
    private readonly List<StorePort?> _ports = [];
    private readonly bool _keepsNews;

    /// <param name="keepsNews">Somebody asks for <see cref="KvStore.News"/>.</param>
    public SharedKvStores(ClusterSpec cluster, bool keepsNews = false)
    {
        ArgumentNullException.ThrowIfNull(cluster);
        _keepsNews = keepsNews;
        foreach (var instance in cluster.Instances) Add(instance);
    }

    public bool Any => _stores.Count > 0;

    /// <summary>Those there are, in the order of their first instances.</summary>
    public IReadOnlyCollection<KvStore> All => _stores.Values;

    /// <summary>When <see cref="Advance"/> has something to do; <see cref="Time.Never"/> while nothing is copied.</summary>
    public long NextEventNs => _stores.Count == 0 ? Time.Never : _stores.Values.Min(s => s.NextEventNs);

    /// <summary>The way of the instance at this place to its store; null where it has none.</summary>
    public StorePort? this[int instance] => _ports[instance];

    /// <summary>An instance joins behind the others; returns its place.</summary>
    public int Add(InstanceSpec instance)
    {
        ArgumentNullException.ThrowIfNull(instance);
        _ports.Add(Connect(instance, _ports.Count));
        return _ports.Count - 1;
    }

    /// <summary>Lets time pass. Returns the places of instances for which KV has come.</summary>
    public IReadOnlyList<int> Advance(long nowNs) => [.. _stores.Values.SelectMany(s => s.Advance(nowNs))];

    /// <summary>All wires of all stores run at a share of their bandwidth; 0 is cut. Returns the places of instances that have a store.</summary>
    public IReadOnlyList<int> Degrade(double share, long nowNs)
    {
        foreach (var store in _stores.Values) store.Degrade(share, nowNs);
        return [.. Enumerable.Range(0, _ports.Count).Where(place => _ports[place] is not null)];
    }

    private StorePort? Connect(InstanceSpec instance, int place)
    {
        if (instance.Kv.RemoteTier is not { } remote) return null;
        var key = (instance.Deployment.Model.Name, instance.Deployment.Kv, instance.Kv.BlockSize);
        if (!_stores.TryGetValue(key, out var store)) _stores.Add(key, store = new KvStore(remote) { News = _keepsNews ? new StoreNews() : null });
        return new StorePort(store, place);
    }
}
