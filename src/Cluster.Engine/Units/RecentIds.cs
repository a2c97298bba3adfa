namespace Cluster.Engine.Units;

/// <summary>The newest ids of a kind; the oldest are forgotten.</summary>
public sealed class RecentIds(int capacity)
{
    private readonly HashSet<long> _ids = [];
    private readonly Queue<long> _order = new();

    public bool Contains(long id) => _ids.Contains(id);

    public void Add(long id)
    {
        if (!_ids.Add(id)) return;
        _order.Enqueue(id);
        if (_order.Count > capacity) _ids.Remove(_order.Dequeue());
    }
}
