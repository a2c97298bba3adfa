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
    private readonly int? _out;
    private readonly int? _in;

    public KvStore(KvTierSpec spec)
    {
        ArgumentNullException.ThrowIfNull(spec);
        Blocks = new KvTier(spec);
        if (spec.StoreBytesPerSecond is not { } bandwidth) return;
        (_out, _in) = (_flows.Add(bandwidth), _flows.Add(bandwidth));
    }

    public KvTier Blocks { get; }

    /// <summary>Learns which blocks can be read and which cannot any more; null: nobody asks.</summary>
    public StoreNews? News { get; init; }

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
    public bool CanRead(ulong key) => Blocks.Contains(key) && Blocks.ReadableNs(key) != Time.Never;

    /// <summary>All that can be read, in no order.</summary>
    public ulong[] Readable() => [.. Blocks.Keys.Where(CanRead)];

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

    internal int AddPort(double bytesPerSecond) => _flows.Add(bytesPerSecond);

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
}

/// <summary>What those who use a store have to hear, in this order.</summary>
public sealed class StoreNews
{
    /// <summary>Blocks that can be read.</summary>
    public List<ulong> Stored { get; } = [];

    /// <summary>Blocks that had to go.</summary>
    public List<ulong> Dropped { get; } = [];

    public bool IsEmpty => Stored.Count + Dropped.Count == 0;

    public void Clear()
    {
        Stored.Clear();
        Dropped.Clear();
    }
}

/// <summary>Blocks on their way to a store or from it.</summary>
/// <param name="Told">Called when the last of them is there, or none will be.</param>
internal sealed record StoreCopy(StorePort.Lane Lane, double Bytes, Action<StoreRead> Told);
