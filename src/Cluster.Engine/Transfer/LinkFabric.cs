using Cluster.Engine.Hardware;
using Cluster.Engine.Units;

namespace Cluster.Engine.Transfer;

/// <summary>
/// The links that carry KV between instances, as a state machine. A transfer uses its source's egress and its
/// destination's ingress; transfers that meet share each max–min fairly, and no transfer is faster than its size
/// allows alone. Rates change only when a transfer starts or ends, so time can jump between those moments.
/// </summary>
public sealed class LinkFabric
{
    private readonly LinkProfile _link;
    private readonly List<Flow> _flows = [];
    private double[] _capacity = [];
    private double[] _room = [];
    private int[] _sharers = [];
    private long _clockNs;
    private long _nextId;

    public LinkFabric(LinkProfile link, int instances)
    {
        ArgumentNullException.ThrowIfNull(link);
        _link = link;
        Grow(instances);
    }

    private sealed class Flow
    {
        public required long Id { get; init; }
        public required int Egress { get; init; }
        public required int Ingress { get; init; }
        public required double Bytes { get; init; }
        public required double CapBytesPerSecond { get; init; }
        public long StartsNs { get; init; }
        public double BytesLeft { get; set; }
        public double BytesPerSecond { get; set; }
    }

    /// <summary>Transfers under way, those in set-up included.</summary>
    public int Active => _flows.Count;

    /// <summary>Bytes that have arrived.</summary>
    public double BytesMoved { get; private set; }

    /// <summary>When <see cref="Advance"/> has something to do; <see cref="Time.Never"/> while idle.</summary>
    public long NextEventNs { get; private set; } = Time.Never;

    /// <summary>More instances have joined, behind the others, each with whole ports.</summary>
    public void Grow(int instances)
    {
        var known = _capacity.Length;
        Array.Resize(ref _capacity, 2 * instances);
        _capacity.AsSpan(known).Fill(_link.BytesPerSecond * _link.PeakEfficiency);
        Array.Resize(ref _room, 2 * instances);
        Array.Resize(ref _sharers, 2 * instances);
    }

    /// <summary>Begins a transfer and returns its id.</summary>
    /// <param name="setupSeconds">Before the first byte leaves; null: the link's own set-up.</param>
    public long Start(int source, int destination, double bytes, long nowNs, double? setupSeconds = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        Progress(nowNs);
        var size = Math.Max(bytes, 1);
        _flows.Add(new Flow
        {
            Id = _nextId,
            Egress = Egress(source),
            Ingress = Ingress(destination),
            Bytes = size,
            CapBytesPerSecond = _link.EffectiveBytesPerSecond(size),
            StartsNs = nowNs + Time.FromSeconds(setupSeconds ?? _link.SetupSeconds),
            BytesLeft = size,
        });
        Share();
        return _nextId++;
    }

    /// <summary>Lets time pass and returns the transfers that have ended, in the order they began.</summary>
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

    /// <summary>The transfer's client went away, or its instance died.</summary>
    public void Cancel(long id, long nowNs)
    {
        Progress(nowNs);
        _flows.RemoveAll(f => f.Id == id);
        Share();
    }

    /// <summary>Scales the ports of one instance: 1 is whole, 0 is cut.</summary>
    public void Degrade(int instance, double factor, long nowNs)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(factor);
        Progress(nowNs);
        _capacity[Egress(instance)] = _capacity[Ingress(instance)] = _link.BytesPerSecond * _link.PeakEfficiency * factor;
        Share();
    }

    /// <summary>Transfers of an instance under way, both directions, and those of them that do not move: in set-up, or on a cut port.</summary>
    public (int Active, int Waiting) Transfers(int instance)
    {
        var (active, waiting) = (0, 0);
        foreach (var flow in _flows)
        {
            if (flow.Egress != Egress(instance) && flow.Ingress != Ingress(instance)) continue;
            active++;
            if (flow.BytesPerSecond <= 0) waiting++;
        }

        return (active, waiting);
    }

    /// <summary>Bandwidth of an instance's ports now, degradation included.</summary>
    public double Capacity(int instance) => _capacity[Egress(instance)];

    /// <summary>Share of an instance's egress (or ingress) in use now.</summary>
    public double Utilisation(int instance, bool egress)
    {
        var port = egress ? Egress(instance) : Ingress(instance);
        if (_capacity[port] <= 0) return 0;
        double used = 0;
        foreach (var flow in _flows)
            if (flow.Egress == port || flow.Ingress == port) used += flow.BytesPerSecond;
        return used / _capacity[port];
    }

    private static int Egress(int instance) => 2 * instance;

    private static int Ingress(int instance) => 2 * instance + 1;

    private void Progress(long nowNs)
    {
        var seconds = Time.ToSeconds(nowNs - _clockNs);
        if (seconds > 0)
            foreach (var flow in _flows) flow.BytesLeft = Math.Max(0, flow.BytesLeft - flow.BytesPerSecond * seconds);
        _clockNs = nowNs;
    }

    /// <summary>Max–min fairness by progressive filling: the tightest port or the slowest flow is settled first.</summary>
    private void Share()
    {
        _capacity.CopyTo(_room, 0);
        Array.Clear(_sharers);
        var open = 0;
        foreach (var flow in _flows)
        {
            flow.BytesPerSecond = flow.StartsNs <= _clockNs ? -1 : 0;
            if (flow.BytesPerSecond == 0) continue;
            _sharers[flow.Egress]++;
            _sharers[flow.Ingress]++;
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
                foreach (var port in (ReadOnlySpan<int>)[flow.Egress, flow.Ingress])
                {
                    _room[port] = Math.Max(0, _room[port] - level);
                    _sharers[port]--;
                }

                open--;
            }
        }

        Schedule();
    }

    private double Limit(Flow flow) =>
        Math.Min(flow.CapBytesPerSecond, Math.Min(_room[flow.Egress] / _sharers[flow.Egress], _room[flow.Ingress] / _sharers[flow.Ingress]));

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
