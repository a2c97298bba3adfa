using System.Collections.Immutable;
using Cluster.Engine.KvCache;
using Cluster.Engine.Requests;
using Cluster.Engine.Topology;
using Cluster.Engine.Units;

namespace Cluster.Engine.Routing;

/// <summary>
/// The router as a state machine: places requests by its policy on what it believes of the cluster, and learns from
/// block events, ends of requests and load reports.
/// </summary>
public sealed partial class Router
{
    private readonly Replica[] _replicas;
    private readonly bool _logs;
    private ClusterSpec _cluster;
    private bool[] _closed = [];
    private PrefixMatches _found = new(0);
    private PromptMatches _matches = new(0);
    private int[] _blockSizes = [];
    private LatencyPredictor _predictor = null!;
    private bool _usesOverlap;
    private long _routed;
    private long _lookedAt;

    /// <param name="logsDecisions">Keep every candidate's cost in the decision: for inspectors and tests.</param>
    public Router(ClusterSpec cluster, bool logsDecisions = false)
    {
        ArgumentNullException.ThrowIfNull(cluster);
        _cluster = cluster;
        _logs = logsDecisions;
        _replicas = new Replica[cluster.Router.Replicas];
        for (var i = 0; i < _replicas.Length; i++) _replicas[i] = new Replica(cluster, i);
        Settle();
    }

    /// <summary>The instances it chooses among, closed ones included; decisions name them by their place here.</summary>
    public ImmutableArray<InstanceSpec> Instances => _cluster.Instances;

    /// <summary>The policy in force, and its dials.</summary>
    public RouterSpec Spec => _cluster.Router;

    /// <summary>Whether block events are of any use: if not, nobody needs to send them.</summary>
    public bool UsesPrefixOverlap { get; private set; }

    /// <summary>Why the last <see cref="Route"/> returned null.</summary>
    public RejectionReason Rejection { get; private set; }

    /// <summary>Candidates that policies have looked at, over all decisions: what deciding costs, whatever the host.</summary>
    public long CandidatesLookedAt => _lookedAt + _replicas.Sum(r => r.Pools.Sum(p => p.Candidates.LookedAt));

    /// <summary>Whether load reports are of any use.</summary>
    public bool UsesLoadReports => _replicas[0].Prefill.UsesLoadReports;

    private sealed class Replica(ClusterSpec cluster, int index)
    {
        public RouterView View { get; set; } = NewView(cluster);
        public IRoutingPolicy Prefill { get; set; } = Routers.Registry.Create(cluster.Router.Policy, cluster.Router.Dials);
        public IRoutingPolicy Decode { get; set; } = Routers.Registry.Create(cluster.Router.Policy, cluster.Router.Dials);
        public List<CandidatePool> Pools { get; } = [];
        public RandomStream Random { get; } = new(cluster.Seed, $"router-{index}");
    }

    /// <summary>Places a request. Null when no open instance serves it or the policy turns it away: see <see cref="Rejection"/>.</summary>
    public RoutingDecision? Route(RequestSpec request, long nowNs)
    {
        ArgumentNullException.ThrowIfNull(request);
        var replica = _replicas[(int)(_routed++ % _replicas.Length)];
        replica.View.CatchUp(nowNs);
        _matches.Clear();
        if (_usesOverlap) FindOverlaps(replica.View, request);
        var query = new RoutingQuery(request.Id, request.InputTokens, _blockSizes[0], request.SessionId)
        {
            Role = InstanceRole.Prefill,
            KnownTokens = Reach(request.InputTokens),
            Slo = _cluster.Slo,
            Predictor = _predictor,
        };
        var speculates = _usesOverlap && _cluster.Router.SpeculativeIndex;
        var chain = replica.Prefill.UsesDistinctBlocks || speculates ? request.Content.BlockChain(query.BlockSize) : null;
        var full = chain is null ? 0 : request.InputTokens / query.BlockSize;
        var prompt = new ChainSlice(chain, 0, full);
        if (speculates) CountPending(replica.View, prompt, request.InputTokens - 1);
        if (replica.Prefill.UsesDistinctBlocks) replica.View.Shared(prompt, _matches.Shared);
        var prefill = Choose(replica, replica.Prefill, in query, request.Model);
        if (prefill is null) return null;
        var (decode, movesPrefill) = (prefill, false);
        if (_cluster.Instances[prefill.Value.Instance].Role == InstanceRole.Prefill)
        {
            // KV of one model means nothing to another.
            var model = _cluster.Instances[prefill.Value.Instance].Deployment.Model.Name;
            decode = Choose(replica, replica.Decode, query with { Role = InstanceRole.Decode }, model);
            if (decode is null) return null;
            if (ComputesLocally(request, _matches.Overlap[decode.Value.Instance])) (prefill, movesPrefill) = (decode, true);
        }

        var copySource = movesPrefill ? -1 : replica.Prefill.CopySource;
        var cached = _matches.Overlap[copySource >= 0 ? copySource : prefill.Value.Instance];
        replica.View.Placed(request.Id, prefill.Value.Instance, decode.Value.Instance, Math.Max(1, request.InputTokens - cached), query.InputBlocks, chain, full, speculates);
        if (_usesOverlap && _cluster.Router.Index == PrefixIndexSource.History) Remember(replica, request, prefill.Value.Instance, decode.Value.Instance, nowNs);
        return new RoutingDecision(request.Id, nowNs, prefill.Value.Instance, decode.Value.Instance, _matches.Overlap[prefill.Value.Instance] / query.BlockSize)
        {
            CopySource = copySource,
            CopyTokens = copySource < 0 ? 0 : cached,
            PrefillCosts = prefill.Value.Costs,
            DecodeCosts = decode.Value.Costs,
            RegretNs = movesPrefill ? Time.Unset : prefill.Value.RegretNs,
        };
    }

    /// <summary>An instance stored a block in its prefix cache.</summary>
    public void Stored(int instance, ulong key, long nowNs)
    {
        foreach (var replica in _replicas) replica.View.Stored(instance, key, nowNs);
    }

    /// <summary>An instance evicted a block.</summary>
    public void Removed(int instance, ulong key, long nowNs)
    {
        foreach (var replica in _replicas) replica.View.Removed(instance, key, nowNs);
    }

    /// <summary>An instance stored a run of blocks. A driver tells of all its blocks by runs, or of none.</summary>
    /// <param name="chain">From the sequence's first block on; kept.</param>
    public void Stored(int instance, BlockChain chain, int start, int count, long nowNs)
    {
        foreach (var replica in _replicas) replica.View.Stored(instance, chain, start, count, nowNs);
    }

    /// <summary>An instance evicted a run of blocks.</summary>
    public void Removed(int instance, BlockChain chain, int start, int count, long nowNs)
    {
        foreach (var replica in _replicas) replica.View.Removed(instance, chain, start, count, nowNs);
    }

    /// <summary>A block left an instance's HBM, or its host memory, for a tier below.</summary>
    public void Offloaded(int instance, ulong key, KvTierKind to, long nowNs)
    {
        foreach (var replica in _replicas) replica.View.Offloaded(instance, key, to, nowNs);
    }

    /// <summary>A run of blocks left an instance's HBM, or its host memory, for a tier below.</summary>
    public void Offloaded(int instance, BlockChain chain, int start, int count, KvTierKind to, long nowNs)
    {
        foreach (var replica in _replicas) replica.View.Offloaded(instance, chain, start, count, to, nowNs);
    }

    /// <summary>The request's prompt is computed.</summary>
    public void PrefillEnded(long requestId, long nowNs)
    {
        foreach (var replica in _replicas) replica.View.PrefillEnded(requestId, nowNs);
    }

    /// <summary>The request reached its terminal state, whichever.</summary>
    public void Ended(long requestId, long nowNs)
    {
        foreach (var replica in _replicas) replica.View.Ended(requestId, nowNs);
    }

    /// <summary>The request will be placed anew: what was believed of its last placement is void, at once.</summary>
    public void Withdraw(long requestId)
    {
        foreach (var replica in _replicas) replica.View.Withdraw(requestId);
    }

    /// <summary>The router starts again and knows nothing of the cluster but which instances are open.</summary>
    public void Restart()
    {
        foreach (var replica in _replicas) replica.View = NewView(_cluster);
        Regroup();
    }

    /// <summary>An instance reports its load.</summary>
    public void Report(int instance, InstanceLoad load, long nowNs)
    {
        foreach (var replica in _replicas) replica.View.Report(instance, load, nowNs);
    }

    /// <summary>No new requests for this instance (draining, or gone); <paramref name="forget"/> drops what its cache had.</summary>
    public void Close(int instance, bool forget, long nowNs)
    {
        _closed[instance] = true;
        Regroup();
        if (!forget) return;
        foreach (var replica in _replicas) replica.View.Gone(instance, nowNs);
    }

    /// <summary>The instance takes requests again.</summary>
    public void Open(int instance)
    {
        _closed[instance] = false;
        Regroup();
    }

    private static RouterView NewView(ClusterSpec cluster) =>
        new(cluster.Instances.Length, cluster.Router, cluster.Instances.Any(i => !i.Kv.Tiers.IsEmpty));

    /// <summary>Whether the instance takes requests.</summary>
    public bool IsOpen(int instance) => !_closed[instance];

    /// <summary>An instance joins, open, behind the others. Returns its place.</summary>
    public int Add(InstanceSpec instance)
    {
        _cluster = _cluster with { Instances = _cluster.Instances.Add(instance) };
        foreach (var replica in _replicas) replica.View.Grow(_cluster.Instances.Length);
        Settle();
        return _cluster.Instances.Length - 1;
    }

    /// <summary>An instance was built anew, on other ranks: what is known of its cache is void.</summary>
    public void Replace(int place, InstanceSpec instance, long nowNs)
    {
        _cluster = _cluster with { Instances = _cluster.Instances.SetItem(place, instance) };
        foreach (var replica in _replicas) replica.View.Gone(place, nowNs);
        Settle();
    }

    /// <summary>Another policy, or other dials, from the next decision on; what is known of the cluster stays.</summary>
    /// <exception cref="ArgumentException">No such policy or dial, or a dial out of range: nothing changed.</exception>
    public void Use(string policy, IReadOnlyDictionary<string, double> dials)
    {
        foreach (var replica in _replicas)
            (replica.Prefill, replica.Decode) = (Routers.Registry.Create(policy, dials), Routers.Registry.Create(policy, dials));
        _cluster = _cluster with { Router = _cluster.Router with { Policy = policy, Dials = dials } };
        Settle();
    }

    /// <summary>Requests placed on an instance that have not ended, as the replicas know by now.</summary>
    public int ActiveRequests(int instance, long nowNs)
    {
        var active = 0;
        foreach (var replica in _replicas)
        {
            replica.View.CatchUp(nowNs);
            active += replica.View.ActiveRequests(instance);
        }

        return active;
    }

    /// <summary>Works out anew what follows from the instances and the policy.</summary>
    private void Settle()
    {
        Array.Resize(ref _closed, _cluster.Instances.Length);
        (_found, _matches) = (new PrefixMatches(_cluster.Instances.Length), new PromptMatches(_cluster.Instances.Length));
        Regroup();
        _blockSizes = [.. _cluster.Instances.Select(i => i.Kv.BlockSize).Distinct()];
        _predictor = new LatencyPredictor(_cluster);
        var overlap = _replicas[0].Prefill.UsesPrefixOverlap || _cluster.Transfer.Conditional is not null;
        _usesOverlap = overlap && _cluster.Instances.Any(i => i.Kv.EnablePrefixCaching);
        UsesPrefixOverlap = _usesOverlap && _cluster.Router.Index == PrefixIndexSource.Events;
    }

    private void Remember(Replica replica, RequestSpec request, int prefill, int decode, long nowNs)
    {
        Keep(prefill);
        if (decode != prefill) Keep(decode);

        void Keep(int instance)
        {
            var size = _cluster.Instances[instance].Kv.BlockSize;
            replica.View.Remember(instance, request.Content.ChainedBlockKeys(size, Reach(request.InputTokens)), size, nowNs);
        }
    }
}
