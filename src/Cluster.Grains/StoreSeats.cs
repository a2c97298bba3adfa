using Cluster.Engine.KvCache.Tiers;
using Cluster.Engine.Topology;
using Cluster.Grains.Instances;
using Cluster.Grains.Messages;

namespace Cluster.Grains;

/// <summary>The instances at the stores of one cluster, and what they have yet to hear of the blocks.</summary>
/// <param name="onLost">Told of the way of an instance that no message reaches any more.</param>
internal sealed class StoreSeats(ClusterSpec cluster, SharedKvStores stores, IGrainFactory grains, Action<StorePort> onLost)
{
    private readonly Dictionary<string, int> _places = cluster.Instances.Select((i, place) => (i.Name, place)).ToDictionary(i => i.Name, i => i.place, StringComparer.Ordinal);
    private readonly Dictionary<string, Taken> _taken = new(StringComparer.Ordinal);

    private sealed record Taken(StorePort Port, OrderedSender<StoreNewsMessage> News)
    {
        public required StoreSeat Seat { get; set; }
    }

    /// <summary>Instances that have yet to take in what they were last told.</summary>
    public int Untold => _taken.Values.Count(t => !t.News.IsIdle);

    /// <summary>The instance has joined, in this incarnation.</summary>
    public bool Knows(StoreSeat seat) => _taken.TryGetValue(seat.Instance, out var taken) && taken.Seat.Incarnation == seat.Incarnation;

    /// <summary>It has lost what it had under way since it was last heard of.</summary>
    public bool BeginsLife(StoreSeat seat) => seat.Life > _taken[seat.Instance].Seat.Life;

    public StorePort Begin(StoreSeat seat)
    {
        _taken[seat.Instance].Seat = seat;
        return _taken[seat.Instance].Port;
    }

    /// <summary>The way of an instance that has joined; null where it has another life by now.</summary>
    public StorePort? Port(StoreSeat seat) => _taken[seat.Instance] is var taken && taken.Seat.Life == seat.Life ? taken.Port : null;

    public StorePort Join(StoreSeat seat)
    {
        if (!_places.TryGetValue(seat.Instance, out var place)) place = _places[seat.Instance] = stores.Add(cluster.Find(seat.Instance));
        var port = stores[place] ?? throw new ArgumentException($"Instance {seat.Instance} has no remote store.", nameof(seat));
        var instance = grains.GetInstance(cluster, seat.Instance);
        _taken[seat.Instance] = new Taken(port, new OrderedSender<StoreNewsMessage>(Say, _ => Forget(seat))) { Seat = seat };
        return port;

        Task Say(StoreNewsMessage news) => Knows(seat) ? instance.HearOfStoreAsync(news) : Task.CompletedTask;
    }

    /// <summary>Takes an instance's seat away; returns its way to the store, null where it had none.</summary>
    public StorePort? Leave(string instance) => _taken.Remove(instance, out var taken) ? taken.Port : null;

    /// <summary>Says to all instances of each store what came and went since the last time.</summary>
    public void Tell()
    {
        foreach (var store in stores.All)
        {
            if (store.News is not { IsEmpty: false } news) continue;
            ulong[] stored = [.. news.Stored], dropped = [.. news.Dropped];
            news.Clear();
            foreach (var taken in _taken.Values.Where(t => t.Port.Store == store).ToList())
                taken.News.Send(new StoreNewsMessage(taken.Seat, stored, dropped, store.IsCut));
        }
    }

    /// <summary>It cannot be told any more. If it lives all the same, it is asked to join at its next order.</summary>
    private void Forget(StoreSeat seat)
    {
        if (Knows(seat)) onLost(Leave(seat.Instance)!);
    }
}
