using Cluster.Engine.Topology;
using Cluster.Engine.Transfer;
using Cluster.Engine.Units;

namespace Cluster.Engine.KvCache.Tiers;

/// <summary>
/// A store of KV over the network: its blocks, and the wires of all instances to it. Copies share the store's bandwidth max–min fairly,
/// each no faster than its instance's port (<see cref="FairShare"/>). A block is there once the copy that brought it has ended, as an
/// object of Mooncake's store is once it has been put.
/// </summary>
public sealed class KvStore
{
    private readonly FairShare _flows = new();
    private readonly Dictionary<long, StoreCopy> _copies = [];
    private readonly List<int> _served = [];
    private readonly List<StorePort.Lane> _lanes = [];
    private readonly List<double> _capacities = [];
    private readonly int? _out;
    private readonly int? _in;
    private double _share = 1;

    public KvStore(KvTierSpec spec)
    {
        ArgumentNullException.ThrowIfNull(spec);
        Blocks = new KvTier(spec);
        if (spec.StoreBytesPerSecond is not { } bandwidth) return;
        (_out, _in) = (AddWire(bandwidth), AddWire(bandwidth));
    }

    public KvTier Blocks { get; }

    /// <summary>Learns which blocks can be read and which cannot any more; null: nobody asks.</summary>
    public StoreNews? News { get; init; }

    /// <summary>Nobody reaches it at present.</summary>
    public bool IsCut => _share == 0;

    /// <summary>Copies under way, those in set-up included.</summary>
    public int Active => _flows.Count;

    /// <summary>Bytes of copies that have ended, both ways.</summary>
    public double BytesMoved => _flows.BytesMoved;

    /// <summary>When <see cref="Advance"/> has something to do.</summary>
    public long NextEventNs => _flows.NextEventNs;

    /// <summary>Lets time pass, event by event. Returns the owners of ports whose reads have ended, each time; valid until the next call.</summary>
    public IReadOnlyList<int> Advance(long nowNs)
    {
        _served.Clear();
        while (_flows.NextEventNs <= nowNs)
        {
            var atNs = _flows.NextEventNs;
            foreach (var id in _flows.Advance(atNs))
            {
                if (!_copies.Remove(id, out var copy)) continue;
                copy.Lane.Ended(atNs);
                copy.Told(new StoreRead(atNs, Arrived: true));
                if (copy.Lane.Reads) _served.Add(copy.Lane.Owner);
            }
        }

        return _served;
    }

    /// <summary>The block is here, and the copy that brought it has ended.</summary>
    public bool CanRead(ulong key) => !IsCut && IsHere(key);

    /// <summary>All wires run at a share of their bandwidth; 0 is cut: nobody waits for a copy that cannot come, and what was on its way down is not stored.</summary>
    public void Degrade(double share, long nowNs)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(share);
        if (News is not null && share == 0 != IsCut) News.Turned = true;
        _share = share;
        for (var wire = 0; wire < _capacities.Count; wire++) _flows.SetCapacity(wire, _capacities[wire] * share, nowNs);
        if (!IsCut) return;
        foreach (var lane in _lanes) lane.Reset(nowNs);
    }

    /// <summary>All that can be read while it is in reach, in no order.</summary>
    public ulong[] Readable() => [.. Blocks.Keys.Where(IsHere)];

    /// <summary>Makes room for blocks that are to come; those that are here count as used. Returns those that are not.</summary>
    internal ulong[] Take(ulong[] keys)
    {
        BlockChain chain = keys;
        var missing = new List<ulong>();
        for (var i = 0; i < keys.Length; i++)
        {
            if (!Blocks.Store(new ChainedBlock(chain, i), out var displaced)) continue;
            Blocks.SetReadable(keys[i], Time.Never);
            missing.Add(keys[i]);
            if (displaced is { } gone) News?.Dropped.Add(gone.Key);
        }

        return [.. missing];
    }

    /// <summary>The copy that was to bring these blocks has ended, or broke off: then they may be brought again.</summary>
    internal void Written(ulong[] keys, StoreRead end)
    {
        foreach (var key in keys)
        {
            if (!Blocks.Contains(key)) continue;
            if (!end.Arrived) Blocks.Remove(key);
            else Blocks.SetReadable(key, end.AtNs);
            if (end.Arrived) News?.Stored.Add(key);
        }
    }

    /// <summary>These are used again. One that has gone since somebody saw it is read all the same: readers hold a lease.</summary>
    internal void Touch(ulong[] keys)
    {
        foreach (var key in keys)
            if (Blocks.Contains(key)) Blocks.Touch(key);
    }

    /// <summary>A lane's own wire.</summary>
    internal int AddPort(StorePort.Lane lane)
    {
        _lanes.Add(lane);
        return AddWire(Blocks.Spec.Link.BytesPerSecond * Blocks.Spec.Link.PeakEfficiency);
    }

    internal long Begin(StoreCopy copy, long nowNs)
    {
        var link = Blocks.Spec.Link;
        var (lane, bytes) = (copy.Lane, Math.Max(1, copy.Bytes));
        int[] route = (lane.Reads ? _out : _in) is not { } store ? [lane.Port] : lane.Reads ? [store, lane.Port] : [lane.Port, store];
        var id = _flows.Start(route, bytes, link.EffectiveBytesPerSecond(bytes), link.SetupSeconds, nowNs);
        _copies.Add(id, copy);
        return id;
    }

    internal void Cancel(StorePort.Lane lane, long nowNs)
    {
        foreach (var id in _copies.Where(c => c.Value.Lane == lane).Select(c => c.Key).Order().ToList())
        {
            _copies.Remove(id, out var copy);
            _flows.Cancel(id, nowNs);
            copy!.Told(new StoreRead(nowNs, Arrived: false));
        }
    }

    private bool IsHere(ulong key) => Blocks.Contains(key) && Blocks.ReadableNs(key) != Time.Never;

    private int AddWire(double bytesPerSecond)
    {
        _capacities.Add(bytesPerSecond);
        return _flows.Add(bytesPerSecond * _share);
    }
}

/// <summary>What those who use a store have to hear, in this order.</summary>
public sealed class StoreNews
{
    /// <summary>Blocks that can be read.</summary>
    public List<ulong> Stored { get; } = [];

    /// <summary>Blocks that had to go.</summary>
    public List<ulong> Dropped { get; } = [];

    /// <summary>The store came within reach, or out of it.</summary>
    public bool Turned { get; set; }

    public bool IsEmpty => Stored.Count + Dropped.Count == 0 && !Turned;

    public void Clear()
    {
        Stored.Clear();
        Dropped.Clear();
        Turned = false;
    }
}

/// <summary>Blocks on their way to a store or from it.</summary>
/// <param name="Told">Called when the last of them is there, or none will be.</param>
internal sealed record StoreCopy(StorePort.Lane Lane, double Bytes, Action<StoreRead> Told);
