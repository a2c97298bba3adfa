using Cluster.Engine.Hardware;
using Cluster.Engine.Units;

namespace Cluster.Engine.Transfer;

/// <summary>
/// The links that carry KV between instances, as a state machine. A transfer crosses its source's egress, the fabric between them
/// where that can be the narrowest, and its destination's ingress; what meets shares fairly (<see cref="FairShare"/>), and no transfer is
/// faster than its size allows alone.
/// </summary>
public sealed class LinkFabric
{
    private readonly LinkProfile _link;
    private readonly FairShare _flows = new();
    private readonly List<(int Egress, int Ingress)> _ports = [];
    private readonly int? _fabric;

    /// <param name="fabricBytesPerSecond">What all transfers share; null: the fabric is never in the way.</param>
    public LinkFabric(LinkProfile link, int instances, double? fabricBytesPerSecond = null)
    {
        ArgumentNullException.ThrowIfNull(link);
        _link = link;
        if (fabricBytesPerSecond is { } fabric) _fabric = _flows.Add(fabric * link.PeakEfficiency);
        Grow(instances);
    }

    /// <summary>Transfers under way, those in set-up included.</summary>
    public int Active => _flows.Count;

    /// <summary>Bytes that have arrived.</summary>
    public double BytesMoved => _flows.BytesMoved;

    /// <summary>When <see cref="Advance"/> has something to do; <see cref="Time.Never"/> while idle.</summary>
    public long NextEventNs => _flows.NextEventNs;

    private double PortBytesPerSecond => _link.BytesPerSecond * _link.PeakEfficiency;

    /// <summary>More instances have joined, behind the others, each with whole ports.</summary>
    public void Grow(int instances)
    {
        while (_ports.Count < instances) _ports.Add((_flows.Add(PortBytesPerSecond), _flows.Add(PortBytesPerSecond)));
    }

    /// <summary>Begins a transfer and returns its id.</summary>
    /// <param name="setupSeconds">Before the first byte leaves; null: the link's own set-up.</param>
    public long Start(int source, int destination, double bytes, long nowNs, double? setupSeconds = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        var size = Math.Max(bytes, 1);
        var (egress, ingress) = (_ports[source].Egress, _ports[destination].Ingress);
        int[] route = _fabric is { } fabric ? [egress, fabric, ingress] : [egress, ingress];
        return _flows.Start(route, size, _link.EffectiveBytesPerSecond(size), setupSeconds ?? _link.SetupSeconds, nowNs);
    }

    /// <summary>Lets time pass and returns the transfers that have ended, in the order they began.</summary>
    public IReadOnlyList<long> Advance(long nowNs) => _flows.Advance(nowNs);

    /// <summary>The transfer's client went away, or its instance died.</summary>
    public void Cancel(long id, long nowNs) => _flows.Cancel(id, nowNs);

    /// <summary>Scales the ports of one instance: 1 is whole, 0 is cut.</summary>
    public void Degrade(int instance, double factor, long nowNs)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(factor);
        _flows.SetCapacity(_ports[instance].Egress, PortBytesPerSecond * factor, nowNs);
        _flows.SetCapacity(_ports[instance].Ingress, PortBytesPerSecond * factor, nowNs);
    }

    /// <summary>Transfers of an instance under way, both directions, and those of them that do not move: in set-up, or on a cut port.</summary>
    public (int Active, int Waiting) Transfers(int instance)
    {
        var (active, waiting) = (0, 0);
        var (egress, ingress) = _ports[instance];
        foreach (var flow in _flows.Flows)
        {
            if (flow.Route[0] != egress && flow.Route[^1] != ingress) continue;
            active++;
            if (flow.BytesPerSecond <= 0) waiting++;
        }

        return (active, waiting);
    }

    /// <summary>Bandwidth of an instance's ports now, degradation included.</summary>
    public double Capacity(int instance) => _flows.Capacity(_ports[instance].Egress);

    /// <summary>Share of an instance's egress (or ingress) in use now.</summary>
    public double Utilisation(int instance, bool egress) => _flows.Utilisation(egress ? _ports[instance].Egress : _ports[instance].Ingress);
}
