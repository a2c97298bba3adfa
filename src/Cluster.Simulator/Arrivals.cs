using Cluster.Engine.Requests;
using Cluster.Engine.Units;

namespace Cluster.Simulator;

/// <summary>
/// When the next request arrives, for every kind of workload. Open loops stream; closed loops and conversations
/// learn of the end of requests.
/// </summary>
public sealed class Arrivals
{
    private readonly IEnumerator<RequestSpec>? _requests;
    private readonly IEnumerator<Session>? _sessions;
    private readonly bool _closedLoop;
    private readonly PriorityQueue<(Session Session, int Turn), (long TimeNs, ulong Id)> _turns = new();
    private readonly Dictionary<long, (Session Session, int Turn)> _speaking = [];
    private RequestSpec? _next;
    private Session? _nextSession;
    private int _idleClients;
    private long _clientsFreeNs;

    public Arrivals(Workload workload)
    {
        switch (workload)
        {
            case Workload.OpenLoop open:
                _requests = open.Requests.GetEnumerator();
                break;
            case Workload.ClosedLoop closed:
                _requests = closed.Requests.GetEnumerator();
                _closedLoop = true;
                _idleClients = closed.Concurrency;
                break;
            case Workload.Conversations conversations:
                _sessions = conversations.Starts.GetEnumerator();
                break;
            default:
                throw new ArgumentException($"Unknown workload {workload.GetType().Name}.", nameof(workload));
        }

        Step();
    }

    /// <summary>When the next request arrives; <see cref="Time.Never"/> when none does unless a request ends first.</summary>
    public long NextNs
    {
        get
        {
            if (_sessions is not null)
            {
                var turn = _turns.TryPeek(out _, out var due) ? due.TimeNs : Time.Never;
                return Math.Min(turn, _nextSession?.StartNs ?? Time.Never);
            }

            if (_next is null) return Time.Never;
            if (!_closedLoop) return _next.ArrivalNs;
            return _idleClients > 0 ? _clientsFreeNs : Time.Never;
        }
    }

    /// <summary>The request that arrives next.</summary>
    /// <exception cref="InvalidOperationException">None does.</exception>
    public RequestSpec Take(long nowNs)
    {
        if (_sessions is not null) return TakeTurn();
        var request = _next ?? throw new InvalidOperationException("The workload is at its end.");
        if (_closedLoop)
        {
            _idleClients--;
            request = request with { ArrivalNs = nowNs };
        }

        Step();
        return request;
    }

    /// <summary>A request ended. True when that makes a new one arrive.</summary>
    public bool Ended(RequestSpec request, long nowNs)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (_closedLoop)
        {
            _idleClients++;
            _clientsFreeNs = nowNs;
            return _next is not null;
        }

        if (!_speaking.Remove(request.Id, out var turn) || turn.Turn + 1 >= turn.Session.Turns.Length) return false;
        _turns.Enqueue((turn.Session, turn.Turn + 1), (nowNs + turn.Session.Turns[turn.Turn + 1].PauseNs, turn.Session.Id));
        return true;
    }

    private RequestSpec TakeTurn()
    {
        (Session Session, int Turn) turn;
        if (_turns.TryPeek(out turn, out var due) && due.TimeNs <= (_nextSession?.StartNs ?? Time.Never)) _turns.Dequeue();
        else
        {
            turn = (_nextSession ?? throw new InvalidOperationException("The workload is at its end."), 0);
            due = (turn.Session.StartNs, turn.Session.Id);
            Step();
        }

        var request = turn.Session.Turns[turn.Turn].Request with { ArrivalNs = due.TimeNs };
        _speaking.Add(request.Id, turn);
        return request;
    }

    private void Step()
    {
        if (_requests is not null) _next = _requests.MoveNext() ? _requests.Current : null;
        if (_sessions is not null) _nextSession = _sessions.MoveNext() ? _sessions.Current : null;
    }
}
