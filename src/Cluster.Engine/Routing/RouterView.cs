using Cluster.Engine.KvCache;
using Cluster.Engine.Topology;

namespace Cluster.Engine.Routing;

/// <summary>Load that an instance reports about itself.</summary>
public readonly record struct InstanceLoad(int Running, int Waiting, double KvUsage);

/// <summary>
/// What one router replica believes of the cluster: its own decisions at once, everything else after the staleness
/// delay.
/// </summary>
internal sealed class RouterView(int instances, RouterSpec spec, bool hasTiers = false)
{
    private readonly Queue<Update> _delayed = new();
    private readonly Dictionary<long, Placement> _active = [];
    private readonly List<CandidateSet> _told = [];
    private long[] _pendingPrefillTokens = new long[instances];
    private long[] _activeBlocks = new long[instances];
    private int[] _activeRequests = new int[instances];
    private InstanceLoad[] _loads = new InstanceLoad[instances];

    private enum UpdateKind
    {
        Stored,
        Removed,
        Offloaded,
        RunStored,
        RunRemoved,
        RunOffloaded,
        PrefillEnded,
        Ended,
        Load,
        Gone,
    }

    private readonly record struct Update(long EffectiveNs, UpdateKind Kind, int Instance, ulong Key, InstanceLoad Load)
    {
        /// <summary>Of a run: its chain, in which <see cref="Key"/> is the first block.</summary>
        public BlockChain? Chain { get; init; }
        public int Count { get; init; }

        /// <summary>Of what was offloaded: where to.</summary>
        public KvTierKind Tier { get; init; }
    }

    private readonly record struct Placement(int PrefillInstance, int DecodeInstance, int PrefillTokens, int Blocks)
    {
        /// <summary>Blocks of the prompt, where distinct blocks are counted or prompts under way count as cached.</summary>
        public BlockChain? Chain { get; init; }
        public int FullBlocks { get; init; }
        public bool IsPending { get; init; }
    }

    private RoutingHistory? _history;
    private DistinctBlocks? _distinct;
    private DistinctBlocks? _pending;

    /// <summary>Who has which blocks, as block events or the router's own history tell.</summary>
    public PrefixIndex Index { get; } = new(instances, hasTiers);

    /// <summary>This replica sent a prompt with these blocks there.</summary>
    public void Remember(int instance, ReadOnlySpan<ulong> keys, int blockSize, long nowNs) =>
        (_history ??= new RoutingHistory(Index.Blocks, spec)).Placed(instance, keys, blockSize, nowNs);

    public void Stored(int instance, ulong key, long nowNs) => Apply(new Update(nowNs, UpdateKind.Stored, instance, key, default));

    public void Removed(int instance, ulong key, long nowNs) => Apply(new Update(nowNs, UpdateKind.Removed, instance, key, default));

    public void Offloaded(int instance, ulong key, KvTierKind to, long nowNs) =>
        Apply(new Update(nowNs, UpdateKind.Offloaded, instance, key, default) { Tier = to });

    public void Stored(int instance, BlockChain chain, int start, int count, long nowNs) =>
        Apply(new Update(nowNs, UpdateKind.RunStored, instance, (ulong)start, default) { Chain = chain, Count = count });

    public void Removed(int instance, BlockChain chain, int start, int count, long nowNs) =>
        Apply(new Update(nowNs, UpdateKind.RunRemoved, instance, (ulong)start, default) { Chain = chain, Count = count });

    public void Offloaded(int instance, BlockChain chain, int start, int count, KvTierKind to, long nowNs) =>
        Apply(new Update(nowNs, UpdateKind.RunOffloaded, instance, (ulong)start, default) { Chain = chain, Count = count, Tier = to });

    public void PrefillEnded(long id, long nowNs) => Apply(new Update(nowNs, UpdateKind.PrefillEnded, 0, (ulong)id, default));

    public void Ended(long id, long nowNs) => Apply(new Update(nowNs, UpdateKind.Ended, 0, (ulong)id, default));

    /// <summary>A decision of the router itself: known at once.</summary>
    public void Withdraw(long id) => End(id);

    public void Report(int instance, InstanceLoad load, long nowNs) => Apply(new Update(nowNs, UpdateKind.Load, instance, 0, load));

    public void Gone(int instance, long nowNs) => Apply(new Update(nowNs, UpdateKind.Gone, instance, 0, default));

    /// <summary>More instances have joined, behind the others.</summary>
    public void Grow(int count)
    {
        Array.Resize(ref _pendingPrefillTokens, count);
        Array.Resize(ref _activeBlocks, count);
        Array.Resize(ref _activeRequests, count);
        Array.Resize(ref _loads, count);
        Index.Grow(count);
        _distinct?.Grow(count);
        _pending?.Grow(count);
    }

    public int ActiveRequests(int instance) => _activeRequests[instance];

    /// <summary>A decision of this replica: known at once.</summary>
    /// <param name="chain">The prompt's blocks where anything asks for them, else null.</param>
    /// <param name="counted">The prompt counts as cached while it is computed: see <see cref="Pending"/>.</param>
    public void Placed(
        long id, int prefillInstance, int decodeInstance, int prefillTokens, int blocks, BlockChain? chain = null, int fullBlocks = 0, bool counted = false)
    {
        var placement = new Placement(prefillInstance, decodeInstance, prefillTokens, blocks) { Chain = chain, FullBlocks = fullBlocks, IsPending = counted };
        _active[id] = placement;
        Count(decodeInstance, in placement);
        if (prefillInstance != decodeInstance) Count(prefillInstance, in placement);
        if (counted) (_pending ??= new DistinctBlocks(_activeBlocks.Length)).Add(prefillInstance, chain!, fullBlocks, fullBlocks);
        _pendingPrefillTokens[prefillInstance] += prefillTokens;
        _activeBlocks[decodeInstance] += blocks;
        _activeRequests[decodeInstance]++;
        Changed(decodeInstance);
        if (prefillInstance == decodeInstance) return;
        Changed(prefillInstance);
        _activeBlocks[prefillInstance] += blocks;
        _activeRequests[prefillInstance]++;
    }

    /// <summary>Leading blocks of a prompt that requests under way hold on each instance.</summary>
    public void Shared(ChainSlice prompt, PrefixMatches matches)
    {
        if (_distinct is null) matches.Clear();
        else _distinct.Shared(prompt, matches);
    }

    /// <summary>Leading blocks of a prompt that are being computed on each instance for other requests.</summary>
    public void Pending(ChainSlice prompt, PrefixMatches matches)
    {
        if (_pending is null) matches.Clear();
        else _pending.Shared(prompt, matches);
    }

    /// <summary>These candidates learn whenever the load of one of them changes.</summary>
    public void Tell(CandidateSet candidates) => _told.Add(candidates);

    /// <summary>Nobody needs to be told any more.</summary>
    public void TellNobody() => _told.Clear();

    private void Changed(int instance)
    {
        foreach (var candidates in _told) candidates.Changed(instance);
    }

    private void Count(int instance, in Placement placement)
    {
        if (placement.Chain is { } chain) (_distinct ??= new DistinctBlocks(_activeBlocks.Length)).Add(instance, chain, placement.FullBlocks, placement.Blocks);
    }

    private void Discount(int instance, in Placement placement)
    {
        if (placement.Chain is { } chain) _distinct!.Remove(instance, chain, placement.FullBlocks, placement.Blocks);
    }

    /// <summary>Lets delayed news arrive.</summary>
    public void CatchUp(long nowNs)
    {
        _history?.Expire(nowNs);
        while (_delayed.TryPeek(out var update) && update.EffectiveNs <= nowNs)
        {
            _delayed.Dequeue();
            Carry(in update);
        }
    }

    /// <param name="hostBlocks">Of <paramref name="overlapBlocks"/>, those in host memory or HBM.</param>
    /// <param name="deviceBlocks">Of <paramref name="hostBlocks"/>, those in HBM.</param>
    /// <param name="sharedBlocks">Of the prompt, those among the distinct blocks there.</param>
    public Candidate Candidate(int instance, int overlapBlocks, int hostBlocks, int deviceBlocks, int blockSize, int sharedBlocks) => new()
    {
        BlockSize = blockSize,
        Instance = instance,
        OverlapBlocks = overlapBlocks,
        HostBlocks = hostBlocks,
        DeviceBlocks = deviceBlocks,
        PendingPrefillTokens = _pendingPrefillTokens[instance],
        ActiveBlocks = _activeBlocks[instance],
        DistinctBlocks = _distinct?.Count(instance) ?? 0,
        SharedBlocks = sharedBlocks,
        ActiveRequests = _activeRequests[instance],
        Waiting = _loads[instance].Waiting,
        KvUsage = _loads[instance].KvUsage,
    };

    private void Apply(Update update)
    {
        if (spec.StalenessNs == 0) Carry(in update);
        else _delayed.Enqueue(update with { EffectiveNs = update.EffectiveNs + spec.StalenessNs });
    }

    private void Carry(in Update update)
    {
        switch (update.Kind)
        {
            case UpdateKind.Stored: Index.Stored(update.Instance, update.Key); break;
            case UpdateKind.Removed: Index.Removed(update.Instance, update.Key); break;
            case UpdateKind.Offloaded: Index.Offloaded(update.Instance, update.Key, update.Tier); break;
            case UpdateKind.RunStored: Index.Stored(update.Instance, update.Chain!, (int)update.Key, update.Count); break;
            case UpdateKind.RunRemoved: Index.Removed(update.Instance, update.Chain!, (int)update.Key, update.Count); break;
            case UpdateKind.RunOffloaded: Index.Offloaded(update.Instance, update.Chain!, (int)update.Key, update.Count, update.Tier); break;
            case UpdateKind.PrefillEnded: EndPrefill((long)update.Key); break;
            case UpdateKind.Ended: End((long)update.Key); break;
            case UpdateKind.Load:
                _loads[update.Instance] = update.Load;
                Changed(update.Instance);
                break;
            case UpdateKind.Gone: Index.RemoveAll(update.Instance); break;
            default: throw new InvalidOperationException($"Unknown update {update.Kind}.");
        }
    }

    private void EndPrefill(long id)
    {
        // Placed by another replica, or ended already.
        if (!_active.TryGetValue(id, out var placement)) return;
        _pendingPrefillTokens[placement.PrefillInstance] -= placement.PrefillTokens;
        Changed(placement.PrefillInstance);
        if (placement.PrefillInstance != placement.DecodeInstance)
        {
            _activeBlocks[placement.PrefillInstance] -= placement.Blocks;
            _activeRequests[placement.PrefillInstance]--;
            Discount(placement.PrefillInstance, in placement);
        }

        if (placement.IsPending) _pending!.Remove(placement.PrefillInstance, placement.Chain!, placement.FullBlocks, placement.FullBlocks);
        _active[id] = placement with { PrefillInstance = placement.DecodeInstance, PrefillTokens = 0, IsPending = false };
    }

    private void End(long id)
    {
        EndPrefill(id);
        if (!_active.Remove(id, out var placement)) return;
        _activeBlocks[placement.DecodeInstance] -= placement.Blocks;
        _activeRequests[placement.DecodeInstance]--;
        Changed(placement.DecodeInstance);
        Discount(placement.DecodeInstance, in placement);
    }
}
