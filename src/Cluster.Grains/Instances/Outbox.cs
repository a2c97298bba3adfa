using Cluster.Engine;
using Cluster.Engine.KvCache;
using Cluster.Engine.Requests;
using Cluster.Engine.Topology;
using Cluster.Grains.Messages;

namespace Cluster.Grains.Instances;

/// <summary>Gathers what a step has to say, so that each gateway and the router get one message for it, in order.</summary>
/// <param name="find">The request of an id, while it is here.</param>
/// <param name="wayTo">How tokens get to a gateway.</param>
/// <param name="onGatewayLost">A gateway that no message reaches any more: nobody waits for its requests.</param>
internal sealed class Outbox(
    string instance, Func<long, LiveRequest?> find, Func<IGatewayObserver, Func<TokenBatch, Task>> wayTo, Action<IGatewayObserver, Exception> onGatewayLost) : IKvEventSink
{
    private readonly Dictionary<IGatewayObserver, GatewayLane> _lanes = [];
    private readonly List<BlockNews> _blocks = [];
    private readonly List<ulong> _keys = [];
    private BlockNewsKind _kind;
    private readonly List<long> _prefillEnded = [];
    private readonly List<long> _ended = [];
    private IReadOnlyList<Sequence>? _batch;
    private (IGatewayObserver? Gateway, GatewayLane? Lane) _latest;

    public void Stored(ulong key) => Add(BlockNewsKind.Stored, key);

    public void Removed(ulong key) => Add(BlockNewsKind.Removed, key);

    public void Offloaded(BlockChain chain, int start, int count, KvTierKind to)
    {
        var (keys, kind) = (chain.Keys, to == KvTierKind.Host ? BlockNewsKind.ToHost : BlockNewsKind.ToDisk);
        for (var i = start + count - 1; i >= start; i--) Add(kind, keys[i]);
    }

    public void PrefillEnded(long requestId) => _prefillEnded.Add(requestId);

    public void Tokens(LiveRequest request, int count) => LaneOf(request).Add(new TokenEvent(request.Message.Id, count, null));

    /// <summary>A token for each of these.</summary>
    public void Tokens(IReadOnlyList<Sequence> batch)
    {
        if (batch.Count == 0) return;
        if (!ReferenceEquals(batch, _batch)) Learn(batch);
        foreach (var lane in _lanes.Values) lane.AddBatch();
    }

    /// <summary>A request has left: whoever else is in the batch must be looked up again.</summary>
    public void Forget() => _batch = null;

    /// <summary>The request's end, on its last tokens where they leave in the same message.</summary>
    public void End(LiveRequest request, RequestEnd end)
    {
        _ended.Add(request.Message.Id);
        LaneOf(request).End(request.Message.Id, end);
    }

    /// <summary>Ends without telling the gateway: it knows.</summary>
    public void EndSilently(long requestId) => _ended.Add(requestId);

    public void SendTokens(long nowNs)
    {
        foreach (var lane in _lanes.Values) lane.Send(instance, nowNs);
    }

    /// <summary>News for the router, its load always among them: the policy may come to ask for it at any time.</summary>
    public InstanceReport TakeReport(Instance state, long nowNs)
    {
        var report = new InstanceReport(
            instance, nowNs, state.State.Running, state.State.WaitingCount, state.State.Pool.Usage,
            TakeBlocks(), [.. _prefillEnded], [.. _ended]);
        _prefillEnded.Clear();
        _ended.Clear();
        return report;
    }

    private void Add(BlockNewsKind kind, ulong key)
    {
        if (kind != _kind) CloseRun();
        _kind = kind;
        _keys.Add(key);
    }

    private void CloseRun()
    {
        if (_keys.Count > 0) _blocks.Add(new BlockNews(_kind, [.. _keys]));
        _keys.Clear();
    }

    private BlockNews[] TakeBlocks()
    {
        CloseRun();
        BlockNews[] blocks = [.. _blocks];
        _blocks.Clear();
        return blocks;
    }

    private void Learn(IReadOnlyList<Sequence> batch)
    {
        _batch = batch;
        foreach (var lane in _lanes.Values) lane.BeginBatch();
        foreach (var sequence in batch)
            if (find(sequence.Id) is { } request) LaneOf(request).Join(sequence.Id);
        foreach (var lane in _lanes.Values) lane.EndBatch();
    }

    private GatewayLane LaneOf(LiveRequest request)
    {
        var gateway = request.Gateway;
        // Request after request is of one gateway, and references compare by the text of their keys.
        if (ReferenceEquals(gateway, _latest.Gateway)) return _latest.Lane!;
        if (!_lanes.TryGetValue(gateway, out var lane))
            _lanes[gateway] = lane = new GatewayLane(new OrderedSender<TokenBatch>(wayTo(gateway), failure => onGatewayLost(gateway, failure)));
        _latest = (gateway, lane);
        return lane;
    }
}
