using Cluster.Engine.Units;

namespace Cluster.Engine.Transfer;

/// <summary>
/// Flows of bytes, each over an ordered set of resources, as a state machine. Flows that meet on a resource share it max–min fairly,
/// and none is faster than it would be alone. Rates change only when a flow starts or ends or a resource changes, so time can
/// jump between those moments.
/// </summary>
public sealed class FairShare
{
    /// <summary>Those that move, in the order they began.</summary>
    private readonly List<Flow> _flows = [];

    /// <summary>Those in set-up, first to start first. They touch nothing, however many they are.</summary>
    private readonly PriorityQueue<Flow, (long StartsNs, long Id)> _settingUp = new();
    private readonly List<double> _capacity = [];
    private double[] _room = [];
    private int[] _sharers = [];
    private long _clockNs;
    private long _nextId;

    /// <summary>One flow under way.</summary>
    public sealed class Flow
    {
        public required long Id { get; init; }

        /// <summary>Resources, in the order in which bytes cross them.</summary>
        public required int[] Route { get; init; }
        public required double Bytes { get; init; }
        public required double CapBytesPerSecond { get; init; }
        public double BytesLeft { get; internal set; }

        /// <summary>0 in set-up, or where a resource is cut.</summary>
        public double BytesPerSecond { get; internal set; }
    }

    /// <summary>Under way, those in set-up last.</summary>
    public IEnumerable<Flow> Flows => _flows.Concat(_settingUp.UnorderedItems.Select(i => i.Element));

    /// <summary>How many are under way, those in set-up included.</summary>
    public int Count => _flows.Count + _settingUp.Count;

    /// <summary>Bytes of flows that have ended.</summary>
    public double BytesMoved { get; private set; }

    /// <summary>When <see cref="Advance"/> has something to do; <see cref="Time.Never"/> while idle.</summary>
    public long NextEventNs { get; private set; } = Time.Never;

    /// <summary>One more resource; returns its number.</summary>
    public int Add(double bytesPerSecond)
    {
        _capacity.Add(bytesPerSecond);
        return _capacity.Count - 1;
    }

    public double Capacity(int resource) => _capacity[resource];

    public void SetCapacity(int resource, double bytesPerSecond, long nowNs)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytesPerSecond);
        Progress(nowNs);
        _capacity[resource] = bytesPerSecond;
        Share();
    }

    /// <summary>Begins a flow and returns its id.</summary>
    /// <param name="route">Resources that it crosses.</param>
    /// <param name="capBytesPerSecond">What it reaches alone.</param>
    /// <param name="setupSeconds">Before its first byte leaves.</param>
    public long Start(int[] route, double bytes, double capBytesPerSecond, double setupSeconds, long nowNs)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        Progress(nowNs);
        var startsNs = nowNs + Time.FromSeconds(setupSeconds);
        _settingUp.Enqueue(
            new Flow { Id = _nextId, Route = route, Bytes = bytes, CapBytesPerSecond = capBytesPerSecond, BytesLeft = bytes }, (startsNs, _nextId));
        Begin();
        Share();
        return _nextId++;
    }

    /// <summary>Lets time pass and returns the flows that have ended, in the order they began.</summary>
    public IReadOnlyList<long> Advance(long nowNs)
    {
        Progress(nowNs);
        List<long>? ended = null;
        for (var i = 0; i < _flows.Count; i++)
        {
            // Completion times are rounded to the nanosecond: what a nanosecond carries is no remainder.
            if (_flows[i].BytesLeft > _flows[i].BytesPerSecond * 2e-9) continue;
            BytesMoved += _flows[i].Bytes;
            (ended ??= []).Add(_flows[i].Id);
            _flows.RemoveAt(i--);
        }

        Share();
        return ended ?? (IReadOnlyList<long>)[];
    }

    /// <summary>Nobody wants it any more.</summary>
    public void Cancel(long id, long nowNs)
    {
        Progress(nowNs);
        if (_flows.RemoveAll(f => f.Id == id) == 0 && _settingUp.UnorderedItems.FirstOrDefault(i => i.Element.Id == id).Element is { } early)
            _settingUp.Remove(early, out _, out _);
        Share();
    }

    /// <summary>Share of a resource in use now.</summary>
    public double Utilisation(int resource) =>
        _capacity[resource] <= 0 ? 0 : _flows.Where(f => f.Route.Contains(resource)).Sum(f => f.BytesPerSecond) / _capacity[resource];

    private void Progress(long nowNs)
    {
        var seconds = Time.ToSeconds(nowNs - _clockNs);
        if (seconds > 0)
            foreach (var flow in _flows) flow.BytesLeft = Math.Max(0, flow.BytesLeft - flow.BytesPerSecond * seconds);
        _clockNs = nowNs;
        Begin();
    }

    /// <summary>Flows whose set-up has ended join those that move, at the place that their age gives them.</summary>
    private void Begin()
    {
        while (_settingUp.TryPeek(out var flow, out var key) && key.StartsNs <= _clockNs)
        {
            _settingUp.Dequeue();
            var place = _flows.Count;
            while (place > 0 && _flows[place - 1].Id > flow.Id) place--;
            _flows.Insert(place, flow);
        }
    }

    /// <summary>Max–min fairness by progressive filling: the tightest resource or the slowest flow is settled first.</summary>
    private void Share()
    {
        if (_room.Length < _capacity.Count) (_room, _sharers) = (new double[_capacity.Count], new int[_capacity.Count]);
        // A large cluster has thousands of resources, of which few carry anything at a time.
        foreach (var flow in _flows)
            foreach (var resource in flow.Route) (_room[resource], _sharers[resource]) = (_capacity[resource], 0);
        foreach (var flow in _flows)
        {
            flow.BytesPerSecond = -1;
            foreach (var resource in flow.Route) _sharers[resource]++;
        }

        var open = _flows.Count;
        while (open > 0)
        {
            var level = double.MaxValue;
            foreach (var flow in _flows)
                if (flow.BytesPerSecond < 0) level = Math.Min(level, Limit(flow));
            foreach (var flow in _flows)
            {
                if (flow.BytesPerSecond >= 0 || Limit(flow) > level * (1 + 1e-12)) continue;
                flow.BytesPerSecond = level;
                foreach (var resource in flow.Route)
                {
                    _room[resource] = Math.Max(0, _room[resource] - level);
                    _sharers[resource]--;
                }

                open--;
            }
        }

        Schedule();
    }

    private double Limit(Flow flow)
    {
        var limit = flow.CapBytesPerSecond;
        foreach (var resource in flow.Route) limit = Math.Min(limit, _room[resource] / _sharers[resource]);
        return limit;
    }

    private void Schedule()
    {
        NextEventNs = _settingUp.TryPeek(out _, out var next) ? next.StartsNs : Time.Never;
        foreach (var flow in _flows)
        {
            if (flow.BytesPerSecond > 0)
                NextEventNs = Math.Min(NextEventNs, _clockNs + Math.Max(1, (long)Math.Ceiling(flow.BytesLeft / flow.BytesPerSecond * Time.Second)));
        }
    }
}
