using System.Collections.Immutable;
using Cluster.Engine.Topology;
using Cluster.Engine.Units;

namespace Cluster.Engine.KvCache.Tiers;

/// <summary>
/// The tiers below one instance's HBM. What HBM evicts goes to the first, what a tier has no room for to the next (offload), but a
/// remote store is written when HBM is;
/// what a prompt finds in them is copied back before its prefill (onboard), over each tier's own link, one request after
/// another. Writing down uses the other direction of the links and hides behind steps, so only reading up takes time.
/// </summary>
public sealed class KvTiers : IKvEventSink
{
    private readonly KvTier[] _tiers;
    private readonly long[] _busyUntilNs;
    private readonly int[] _found;
    private readonly HbmView _hbm;
    private readonly IKvEventSink? _events;
    private bool _dying;

    /// <summary>Says how many leading blocks of a chain HBM has.</summary>
    public delegate int HbmView(ReadOnlySpan<ulong> chain);

    /// <param name="specs">Nearest first; at least one.</param>
    /// <param name="remote">The store that all instances share; null: a store of its own.</param>
    /// <param name="hbm">What HBM has now.</param>
    /// <param name="events">Learns what the instance has, wherever it keeps it; shared stores are nobody's.</param>
    public KvTiers(ImmutableArray<KvTierSpec> specs, KvTier? remote, HbmView hbm, IKvEventSink? events)
    {
        _tiers = [.. specs.Select(s => s.Kind == KvTierKind.Remote && remote is not null ? remote : new KvTier(s))];
        _busyUntilNs = new long[_tiers.Length];
        _found = new int[_tiers.Length];
        _hbm = hbm;
        _events = events;
    }

    /// <summary>Nearest first.</summary>
    public IReadOnlyList<KvTier> All => _tiers;

    /// <summary>Blocks written to a tier, each time.</summary>
    public long OffloadedBlocks { get; private set; }

    /// <summary>Blocks copied back to HBM.</summary>
    public long OnboardedBlocks { get; private set; }

    void IKvEventSink.Stored(ulong key) => throw new NotSupportedException("Pools tell of runs of blocks.");

    void IKvEventSink.Removed(ulong key) => throw new NotSupportedException("Pools tell of runs of blocks.");

    /// <summary>HBM stored blocks. A remote store gets them at once: others may want them, and they must outlive the instance (Mooncake, LMCache).</summary>
    public void Stored(ulong[] chain, int start, int count)
    {
        if (_tiers[^1] is { Spec.Kind: KvTierKind.Remote } store)
            for (var i = start + count - 1; i >= start; i--) Write(store, new ChainedBlock(chain, i), out _);
        _events?.Stored(chain, start, count);
    }

    /// <summary>HBM evicted blocks.</summary>
    public void Removed(ulong[] chain, int start, int count)
    {
        if (_dying || _tiers[0].Spec.Kind == KvTierKind.Remote) _events?.Removed(chain, start, count);
        if (_dying) return;
        if (_tiers[0].Spec.Kind != KvTierKind.Remote) _events?.Offloaded(chain, start, count);
        for (var i = start + count - 1; i >= start; i--) Offload(new ChainedBlock(chain, i));
    }

    /// <summary>How many blocks from the start of this chain lie in some tier.</summary>
    public int CountPrefix(ReadOnlySpan<ulong> chain)
    {
        var found = 0;
        while (found < chain.Length && TierOf(chain[found]) >= 0) found++;
        return found;
    }

    /// <summary>Begins to copy these blocks up, behind what is under way.</summary>
    /// <param name="blocks">All in some tier.</param>
    /// <returns>When the last of them is in HBM.</returns>
    public long Onboard(ReadOnlySpan<ulong> blocks, long nowNs)
    {
        Array.Clear(_found);
        // The last first, so that tiers too lose the ends of prompts before their beginnings.
        for (var i = blocks.Length - 1; i >= 0; i--)
        {
            var tier = TierOf(blocks[i]);
            _found[tier]++;
            _tiers[tier].Touch(blocks[i]);
        }

        OnboardedBlocks += blocks.Length;
        var dueNs = nowNs;
        for (var i = 0; i < _tiers.Length; i++)
        {
            if (_found[i] == 0) continue;
            _busyUntilNs[i] = Math.Max(nowNs, _busyUntilNs[i]) + Time.FromSeconds(_tiers[i].Spec.OnboardSeconds(_found[i]));
            dueNs = Math.Max(dueNs, _busyUntilNs[i]);
        }

        return dueNs;
    }

    /// <summary>The instance dies: its own tiers go with it, HBM first; a shared store stays.</summary>
    public void Lose(Action evictHbm)
    {
        ArgumentNullException.ThrowIfNull(evictHbm);
        _dying = true;
        evictHbm();
        _dying = false;
        foreach (var tier in _tiers)
            while (tier.Spec.Kind != KvTierKind.Remote && tier.TryTakeOldest(out var block)) _events?.Removed(block.Chain, block.Index, 1);
        Array.Clear(_busyUntilNs);
    }

    private int TierOf(ulong key)
    {
        for (var i = 0; i < _tiers.Length; i++)
            if (_tiers[i].Contains(key)) return i;
        return -1;
    }

    private void Offload(ChainedBlock block)
    {
        foreach (var tier in _tiers)
        {
            // A shared store is nobody's: beyond its own tiers the instance does not have the block any more.
            if (tier.Spec.Kind == KvTierKind.Remote && tier != _tiers[0]) TellGone(block);
            if (!Write(tier, block, out block)) return;
        }

        if (_tiers[^1].Spec.Kind != KvTierKind.Remote) TellGone(block);
    }

    private void TellGone(ChainedBlock block)
    {
        if (_events is not null && _hbm(block.Chain.AsSpan(0, block.Index + 1)) <= block.Index) _events.Removed(block.Chain, block.Index, 1);
    }

    private bool Write(KvTier tier, ChainedBlock block, out ChainedBlock displaced)
    {
        OffloadedBlocks++;
        return tier.Store(block, out displaced);
    }
}
