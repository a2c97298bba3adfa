using Cluster.Grains.Messages;

namespace Cluster.Grains.Instances;

/// <summary>
/// What a step has to say to one gateway. Most steps give one token to each request of an unchanged batch: that part is written
/// once and sent again, and costs the same for 4 requests and for 400.
/// </summary>
internal sealed class GatewayLane(OrderedSender<TokenBatch> sender)
{
    private readonly List<TokenEvent> _events = [];
    private readonly List<TokenEvent> _members = [];
    private TokenEvent[] _standing = [];
    private bool _isStandingDue;

    /// <summary>The batch has changed: its members here are those that <see cref="Join"/> says.</summary>
    public void BeginBatch() => _members.Clear();

    public void Join(long requestId) => _members.Add(new TokenEvent(requestId, 1, null));

    public void EndBatch() => _standing = [.. _members];

    /// <summary>Each member has one token.</summary>
    public void AddBatch()
    {
        if (_events.Count > 0) _events.AddRange(_standing);
        else _isStandingDue = true;
    }

    public void Add(TokenEvent one) => Events().Add(one);

    /// <summary>The request's end, on its last tokens where they leave in the same message.</summary>
    public void End(long requestId, RequestEnd end)
    {
        var events = Events();
        var last = events.FindLastIndex(e => e.RequestId == requestId);
        if (last >= 0) events[last] = events[last] with { End = end };
        else events.Add(new TokenEvent(requestId, 0, end));
    }

    /// <summary>One message, if there is anything to say.</summary>
    public void Send(string instance, long nowNs)
    {
        var events = _isStandingDue ? _standing : [.. _events];
        _isStandingDue = false;
        _events.Clear();
        if (events.Length > 0) sender.Send(new TokenBatch(instance, nowNs, events));
    }

    private List<TokenEvent> Events()
    {
        if (_isStandingDue) _events.AddRange(_standing);
        _isStandingDue = false;
        return _events;
    }
}
