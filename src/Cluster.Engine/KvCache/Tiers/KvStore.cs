using Cluster.Engine.Topology;
using Cluster.Engine.Transfer;

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
                copy.Told(atNs);
                if (copy.Lane.Reads) _served.Add(copy.Lane.Owner);
            }
        }

        return _served;
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
            _copies.Remove(id);
            _flows.Cancel(id, nowNs);
        }
    }
}

/// <summary>Blocks on their way to a store or from it.</summary>
/// <param name="Told">Called when the last of them is there, with that moment.</param>
internal sealed record StoreCopy(StorePort.Lane Lane, double Bytes, Action<long> Told);

/// <summary>One instance's way to a store: so many copies at a time in each direction, the others queue.</summary>
/// <param name="owner">Whose it is, for the driver to know.</param>
public sealed class StorePort(KvStore store, int owner = 0)
{
    private readonly Lane _reads = new(store, owner, reads: true);
    private readonly Lane _writes = new(store, owner, reads: false);

    public KvStore Store => store;

    /// <summary>Copies blocks up.</summary>
    /// <param name="fetched">Called when the last of them is in HBM.</param>
    public void Read(int blocks, long nowNs, Action<long> fetched) => _reads.Enqueue(blocks, nowNs, fetched);

    /// <summary>Copies blocks down.</summary>
    /// <param name="written">Called when others can read them.</param>
    public void Write(int blocks, long nowNs, Action<long> written) => _writes.Enqueue(blocks, nowNs, written);

    /// <summary>Everything under way is lost.</summary>
    public void Reset(long nowNs)
    {
        _reads.Reset(nowNs);
        _writes.Reset(nowNs);
    }

    internal sealed class Lane(KvStore store, int owner, bool reads)
    {
        private readonly Queue<StoreCopy> _waiting = new();
        private readonly KvTierSpec _spec = store.Blocks.Spec;
        private int _underWay;

        public int Owner => owner;

        public bool Reads => reads;

        public int Port { get; } = store.AddPort(store.Blocks.Spec.Link.BytesPerSecond * store.Blocks.Spec.Link.PeakEfficiency);

        public void Enqueue(int blocks, long nowNs, Action<long> told)
        {
            _waiting.Enqueue(new StoreCopy(this, blocks * _spec.BytesPerBlock, told));
            BeginNext(nowNs);
        }

        public void Ended(long nowNs)
        {
            _underWay--;
            BeginNext(nowNs);
        }

        public void Reset(long nowNs)
        {
            _waiting.Clear();
            _underWay = 0;
            store.Cancel(this, nowNs);
        }

        private void BeginNext(long nowNs)
        {
            while (_underWay < _spec.Concurrency && _waiting.TryDequeue(out var next))
            {
                _underWay++;
                store.Begin(next, nowNs);
            }
        }
    }
}
