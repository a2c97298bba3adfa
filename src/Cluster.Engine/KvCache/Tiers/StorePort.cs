using Cluster.Engine.Topology;
using Cluster.Engine.Units;

namespace Cluster.Engine.KvCache.Tiers;

/// <summary>One instance's way to a store that is at hand: so many copies at a time in each direction, the others queue.</summary>
public sealed class StorePort : IKvStorePort
{
    private readonly KvStore _store;
    private readonly bool _ownsStore;
    private readonly Lane _reads;
    private readonly Lane _writes;

    /// <param name="owner">Whose it is, for the driver to know.</param>
    /// <param name="ownsStore">Nobody else drives the store.</param>
    public StorePort(KvStore store, int owner = 0, bool ownsStore = false)
    {
        (_store, _ownsStore) = (store, ownsStore);
        (_reads, _writes) = (new Lane(store, owner, reads: true), new Lane(store, owner, reads: false));
    }

    public KvStore Store => _store;

    public KvTierSpec Spec => _store.Blocks.Spec;

    public long NextEventNs => _ownsStore ? _store.NextEventNs : Time.Never;

    public void Advance(long nowNs)
    {
        if (_ownsStore) _store.Advance(nowNs);
    }

    public bool CanRead(ulong key) => _store.CanRead(key);

    public int Write(ulong[] keys, long nowNs)
    {
        if (_store.IsCut) return 0;
        var missing = _store.Take(keys);
        if (missing.Length > 0) _writes.Enqueue(missing.Length, nowNs, end => _store.Written(missing, end));
        return missing.Length;
    }

    public void Read(ulong[] keys, long nowNs, Action<StoreRead> read)
    {
        ArgumentNullException.ThrowIfNull(keys);
        _store.Touch(keys);
        _reads.Enqueue(keys.Length, nowNs, read);
    }

    public void Reset(long nowNs)
    {
        _reads.Reset(nowNs);
        _writes.Reset(nowNs);
    }

    /// <summary>One direction.</summary>
    internal sealed class Lane
    {
        private readonly KvStore _store;
        private readonly Queue<StoreCopy> _waiting = new();
        private readonly KvTierSpec _spec;
        private int _underWay;

        public Lane(KvStore store, int owner, bool reads)
        {
            (_store, _spec, Owner, Reads) = (store, store.Blocks.Spec, owner, reads);
            Port = store.AddPort(this);
        }

        public int Owner { get; }

        public bool Reads { get; }

        public int Port { get; }

        public void Enqueue(int blocks, long nowNs, Action<StoreRead> told)
        {
            if (_store.IsCut)
            {
                told(new StoreRead(nowNs, Arrived: false));
                return;
            }

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
            StoreCopy[] waiting = [.. _waiting];
            _waiting.Clear();
            _underWay = 0;
            _store.Cancel(this, nowNs);
            foreach (var copy in waiting) copy.Told(new StoreRead(nowNs, Arrived: false));
        }

        private void BeginNext(long nowNs)
        {
            while (_underWay < _spec.Concurrency && _waiting.TryDequeue(out var next))
            {
                _underWay++;
                _store.Begin(next, nowNs);
            }
        }
    }
}
