using Cluster.Engine;
using Cluster.Engine.KvCache;
using Cluster.Engine.Topology;
using Cluster.Grains.Messages;

namespace Cluster.Grains.Instances;

/// <summary>Gathers what a step has to say, so that each gateway and the router get one message for it, in order.</summary>
/// <param name="onGatewayLost">A gateway that no message reaches any more: nobody waits for its requests.</param>
internal sealed class Outbox(string instance, Action<IGatewayObserver, Exception> onGatewayLost) : IKvEventSink
{
    private readonly Dictionary<IGatewayObserver, Lane> _lanes = [];
    private readonly List<BlockNews> _blocks = [];
    private readonly List<ulong> _keys = [];
    private BlockNewsKind _kind;
    private readonly List<long> _prefillEnded = [];
    private readonly List<long> _ended = [];

    public void Stored(ulong key) => Add(BlockNewsKind.Stored, key);

    public void Removed(ulong key) => Add(BlockNewsKind.Removed, key);

    public void Offloaded(ulong[] chain, int start, int count, KvTierKind to)
    {
        for (var i = start + count - 1; i >= start; i--) Add(to == KvTierKind.Host ? BlockNewsKind.ToHost : BlockNewsKind.ToDisk, chain[i]);
    }

    public void PrefillEnded(long requestId) => _prefillEnded.Add(requestId);

    public void Tokens(LiveRequest request, int count) => Events(request).Add(new TokenEvent(request.Message.Id, count, null));

    /// <summary>The request's end, on its last tokens where they leave in the same message.</summary>
    public void End(LiveRequest request, RequestEnd end)
    {
        _ended.Add(request.Message.Id);
        var events = Events(request);
        var last = events.FindLastIndex(e => e.RequestId == request.Message.Id);
        if (last >= 0) events[last] = events[last] with { End = end };
        else events.Add(new TokenEvent(request.Message.Id, 0, end));
    }

    /// <summary>Ends without telling the gateway: it knows.</summary>
    public void EndSilently(long requestId) => _ended.Add(requestId);

    public void SendTokens(long nowNs)
    {
        foreach (var lane in _lanes.Values)
        {
            if (lane.Events.Count == 0) continue;
            lane.Sender.Send(new TokenBatch(instance, nowNs, [.. lane.Events]));
            lane.Events.Clear();
        }
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

    private List<TokenEvent> Events(LiveRequest request)
    {
        var gateway = request.Gateway;
        if (!_lanes.TryGetValue(gateway, out var lane))
            _lanes[gateway] = lane = new Lane(new OrderedSender<TokenBatch>(gateway.OnTokensAsync, failure => onGatewayLost(gateway, failure)));
        return lane.Events;
    }

    private sealed record Lane(OrderedSender<TokenBatch> Sender)
    {
        public List<TokenEvent> Events { get; } = [];
    }
}
