using Cluster.Engine.Units;

namespace Cluster.Engine.Transfer;

/// <summary>
/// Flows of bytes, each over an ordered set of resources, as a state machine. Flows that meet on a resource share it max–min fairly,
/// and none is faster than it would be alone. Rates change only when a flow starts or ends or a resource changes, so time can
/// jump between those moments.
/// </summary>
public sealed class FairShare
{
    private readonly List<Flow> _flows = [];
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
        public long StartsNs { get; init; }
        public double BytesLeft { get; internal set; }

        /// <summary>0 in set-up, or where a resource is cut.</summary>
        public double BytesPerSecond { get; internal set; }
    }

    /// <summary>Under way, those in set-up included, in the order they began.</summary>
    public IReadOnlyList<Flow> Flows => _flows;

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
        _flows.Add(new Flow
        {
            Id = _nextId,
            Route = route,
            Bytes = bytes,
            CapBytesPerSecond = capBytesPerSecond,
            StartsNs = nowNs + Time.FromSeconds(setupSeconds),
            BytesLeft = bytes,
        });
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
            if (_flows[i].BytesLeft > _flows[i].BytesPerSecond * 2e-9 || _flows[i].StartsNs > nowNs) continue;
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
        _flows.RemoveAll(f => f.Id == id);
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
    }

    /// <summary>Max–min fairness by progressive filling: the tightest resource or the slowest flow is settled first.</summary>
    private void Share()
    {
        if (_room.Length < _capacity.Count) (_room, _sharers) = (new double[_capacity.Count], new int[_capacity.Count]);
        _capacity.CopyTo(_room);
        Array.Clear(_sharers);
        var open = 0;
        foreach (var flow in _flows)
        {
            flow.BytesPerSecond = flow.StartsNs <= _clockNs ? -1 : 0;
            if (flow.BytesPerSecond == 0) continue;
            foreach (var resource in flow.Route) _sharers[resource]++;
            open++;
        }

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
        NextEventNs = Time.Never;
        foreach (var flow in _flows)
        {
            if (flow.StartsNs > _clockNs) NextEventNs = Math.Min(NextEventNs, flow.StartsNs);
            else if (flow.BytesPerSecond > 0)
                NextEventNs = Math.Min(NextEventNs, _clockNs + Math.Max(1, (long)Math.Ceiling(flow.BytesLeft / flow.BytesPerSecond * Time.Second)));
        }
    }
}
