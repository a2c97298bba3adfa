using System.Collections.Immutable;
using Cluster.Engine.Topology;
using Cluster.Engine.Units;

namespace Cluster.Engine.KvCache.Tiers;

/// <summary>
/// The tiers below one instance's HBM. What HBM evicts goes to the first, what a tier has no room for to the next (offload), but a
/// remote store is written when HBM is; what a prompt finds in them is copied back before its prefill (onboard). Each tier has
/// a way of its own (<see cref="TierPort"/>, <see cref="StorePort"/>) on which copies take time, down as well as up: a block can be read once it has been
/// written, and on a disk the two wait for each other. Steps do not wait for copies down: blocks leave through a staging buffer.
/// </summary>
public sealed class KvTiers : IKvEventSink
{
    private readonly KvTier[] _tiers;
    private readonly TierPort[] _ports;
    private readonly IKvStorePort? _store;
    private readonly int[] _found;
    private readonly long[] _readyNs;
    private readonly List<(int Tier, ulong Key)> _written = [];
    private readonly List<ulong> _toStore = [];
    private readonly List<ulong> _fromStore = [];
    private readonly HbmView _hbm;
    private readonly IKvEventSink? _events;
    private bool _dying;

    /// <summary>Says how many leading blocks of a chain HBM has.</summary>
    public delegate int HbmView(ChainSlice chain);

    /// <param name="specs">Nearest first; at least one.</param>
    /// <param name="store">The way to the store that instances share; null: a store of its own.</param>
    /// <param name="hbm">What HBM has now.</param>
    /// <param name="events">Learns what the instance has, wherever it keeps it; shared stores are nobody's.</param>
    public KvTiers(ImmutableArray<KvTierSpec> specs, IKvStorePort? store, HbmView hbm, IKvEventSink? events)
    {
        if (specs.FirstOrDefault(s => s.Kind == KvTierKind.Remote) is { } remote) _store = store ?? new StorePort(new KvStore(remote), ownsStore: true);
        _tiers = [.. specs.Where(s => s.Kind != KvTierKind.Remote).Select(s => new KvTier(s))];
        _ports = [.. _tiers.Select(t => new TierPort(t.Spec))];
        _found = new int[_tiers.Length + 1];
        _readyNs = new long[_tiers.Length];
        _hbm = hbm;
        _events = events;
    }

    /// <summary>The instance's own, nearest first.</summary>
    public IReadOnlyList<KvTier> Own => _tiers;

    /// <summary>The moment at which blocks are stored and evicted; whoever drives the instance keeps it.</summary>
    public long NowNs { get; set; }

    /// <summary>Blocks written to a tier, each time.</summary>
    public long OffloadedBlocks { get; private set; }

    /// <summary>Blocks copied back to HBM.</summary>
    public long OnboardedBlocks { get; private set; }

    void IKvEventSink.Stored(ulong key) => throw new NotSupportedException("Pools tell of runs of blocks.");

    void IKvEventSink.Removed(ulong key) => throw new NotSupportedException("Pools tell of runs of blocks.");

    /// <summary>HBM stored blocks. A remote store gets them at once: others may want them, and they must outlive the instance (Mooncake, LMCache).</summary>
    public void Stored(BlockChain chain, int start, int count)
    {
        if (_store is not null)
        {
            var keys = chain.Keys;
            for (var i = start + count - 1; i >= start; i--) _toStore.Add(keys[i]);
            SendWritten();
        }

        _events?.Stored(chain, start, count);
    }

    /// <summary>HBM evicted blocks.</summary>
    public void Removed(BlockChain chain, int start, int count)
    {
        if (_dying || _tiers.Length == 0) _events?.Removed(chain, start, count);
        if (_dying) return;
        if (_tiers.Length > 0) _events?.Offloaded(chain, start, count, _tiers[0].Spec.Kind);
        for (var i = start + count - 1; i >= start; i--) Offload(new ChainedBlock(chain, i));
        SendWritten();
    }

    /// <summary>When the store has something to say, where the instance itself has to ask; <see cref="Time.Never"/> otherwise.</summary>
    public long NextEventNs => _store?.NextEventNs ?? Time.Never;

    /// <summary>Lets copies to and from a store of its own go on.</summary>
    public void Advance(long nowNs) => _store?.Advance(nowNs);

    /// <summary>How many blocks from the start of this chain lie in some tier, to be read.</summary>
    public int CountPrefix(ReadOnlySpan<ulong> chain)
    {
        var found = 0;
        while (found < chain.Length && TierOf(chain[found]) >= 0) found++;
        return found;
    }

    /// <summary>Begins to copy these blocks up, behind what is under way.</summary>
    /// <param name="blocks">All in some tier.</param>
    /// <param name="fetched">Called once the last of them is in HBM, where some come from a store; or once it is known that those never will.</param>
    /// <returns>When the last of them is in HBM; <see cref="Time.Never"/> where a store decides.</returns>
    public long Onboard(ReadOnlySpan<ulong> blocks, long nowNs, Action<StoreRead> fetched)
    {
        Array.Clear(_found);
        Array.Fill(_readyNs, nowNs);
        // The last first, so that tiers too lose the ends of prompts before their beginnings.
        for (var i = blocks.Length - 1; i >= 0; i--)
        {
            var tier = TierOf(blocks[i]);
            if (tier == _tiers.Length)
            {
                _fromStore.Add(blocks[i]);
                continue;
            }

            _found[tier]++;
            _readyNs[tier] = Math.Max(_readyNs[tier], _tiers[tier].ReadableNs(blocks[i]));
            _tiers[tier].Touch(blocks[i]);
        }

        OnboardedBlocks += blocks.Length;
        var dueNs = nowNs;
        for (var i = 0; i < _tiers.Length; i++)
            if (_found[i] > 0) dueNs = Math.Max(dueNs, _ports[i].Read(_found[i], _readyNs[i]));
        if (_fromStore.Count == 0) return dueNs;
        ulong[] keys = [.. _fromStore];
        _fromStore.Clear();
        _store!.Read(keys, nowNs, read => fetched(read with { AtNs = Math.Max(read.AtNs, dueNs) }));
        return Time.Never;
    }

    /// <summary>Nanoseconds that copying these blocks up would take, were nothing else under way.</summary>
    /// <param name="blocks">All in some tier.</param>
    public long ReadNs(ReadOnlySpan<ulong> blocks)
    {
        Array.Clear(_found);
        foreach (var block in blocks) _found[TierOf(block)]++;
        var longest = 0.0;
        for (var i = 0; i < _found.Length; i++)
        {
            if (_found[i] == 0) continue;
            var spec = i < _tiers.Length ? _tiers[i].Spec : _store!.Spec;
            var bytes = _found[i] * spec.BytesPerBlock;
            if (bytes > 0) longest = Math.Max(longest, spec.Link.SetupSeconds + (bytes / spec.Link.EffectiveBytesPerSecond(bytes)));
        }

        return Time.FromSeconds(longest);
    }

    /// <summary>The instance dies: its own tiers go with it, HBM first; a shared store stays.</summary>
    public void Lose(Action evictHbm)
    {
        ArgumentNullException.ThrowIfNull(evictHbm);
        _dying = true;
        evictHbm();
        _dying = false;
        foreach (var tier in _tiers)
            while (tier.TryTakeOldest(out var block)) _events?.Removed(block.Chain, block.Index, 1);
        foreach (var port in _ports) port.Reset();
        _store?.Reset(NowNs);
    }

    /// <summary>Of the nearest tier that has the block to be read, the store last; -1: none has.</summary>
    private int TierOf(ulong key)
    {
        for (var i = 0; i < _tiers.Length; i++)
            if (_tiers[i].Contains(key)) return i;
        return _store is { } store && store.CanRead(key) ? _tiers.Length : -1;
    }

    private void Offload(ChainedBlock block)
    {
        for (var tier = 0; tier < _tiers.Length; tier++)
        {
            if (tier > 0 && !IsInHbm(block)) _events?.Offloaded(block.Chain, block.Index, 1, _tiers[tier].Spec.Kind);
            if (Write(tier, block) is not { } displaced) return;
            block = displaced;
        }

        // A shared store is nobody's: beyond its own tiers the instance does not have the block any more.
        if (_store is null || _tiers.Length > 0) TellGone(block);
        if (_store is not null) _toStore.Add(block.Key);
    }

    private void TellGone(ChainedBlock block)
    {
        if (_events is not null && !IsInHbm(block)) _events.Removed(block.Chain, block.Index, 1);
    }

    private bool IsInHbm(ChainedBlock block) => _hbm(block.Chain.Take(block.Index + 1)) > block.Index;

    private ChainedBlock? Write(int tier, ChainedBlock block)
    {
        if (_tiers[tier].Store(block, out var displaced))
        {
            OffloadedBlocks++;
            _written.Add((tier, block.Key));
        }

        return displaced;
    }

    /// <summary>What was written in one go to a tier is one copy.</summary>
    private void SendWritten()
    {
        for (var tier = 0; tier < _tiers.Length && _written.Count > 0; tier++)
        {
            var (to, keys) = (_tiers[tier], _written.Where(w => w.Tier == tier).Select(w => w.Key).ToArray());
            if (keys.Length == 0) continue;
            var atNs = _ports[tier].Write(keys.Length, NowNs);
            foreach (var key in keys) to.SetReadable(key, atNs);
        }

        _written.Clear();
        if (_toStore.Count == 0) return;
        OffloadedBlocks += _store!.Write([.. _toStore], NowNs);
        _toStore.Clear();
    }
}
