using Cluster.Engine.Units;

namespace Cluster.Simulator.Events;

/// <summary>What happens at a moment of virtual time, after the steps that end then. At equal times lower kinds go first, then as scheduled.</summary>
public enum EventKind : byte
{
    /// <summary>KV has crossed a link, or nobody pulled it in time.</summary>
    Transfer,
    /// <summary>A copy to or from a store that instances share begins to move, or ends.</summary>
    Store,
    /// <summary>KV has come up from a tier below HBM.</summary>
    Onboard,
    /// <summary>A slow client has read its last token.</summary>
    Read,
    Abort,
    Fault,
    /// <summary>A started instance begins to serve.</summary>
    Provisioned,
    /// <summary>An instance that was built anew has loaded its model.</summary>
    Loaded,
    /// <summary>The autoscaler looks at the last interval.</summary>
    Plan,
    Routed,
    Arrival,
}

/// <summary>One scheduled event.</summary>
/// <param name="Target">Instance index, or a slot of the simulation's own tables.</param>
public readonly record struct Event(long TimeNs, EventKind Kind, long Sequence, long Target)
{
    internal bool Precedes(in Event other) =>
        TimeNs != other.TimeNs ? TimeNs < other.TimeNs : Kind != other.Kind ? Kind < other.Kind : Sequence < other.Sequence;
}

/// <summary>
/// Scheduled events in the order (time, kind, sequence): total, so that a run never depends on a heap's whims. Ends of steps are kept
/// apart, in <see cref="StepEnds"/>: when they were scheduled depends on how many steps were priced at once, and must not matter.
/// </summary>
public sealed class EventQueue
{
    private Event[] _heap = new Event[64];
    private long _sequence;

    public int Count { get; private set; }

    /// <summary>The next event's time; <see cref="Time.Never"/> while there is none.</summary>
    public long NextNs => Count == 0 ? Time.Never : _heap[0].TimeNs;

    public void Schedule(long timeNs, EventKind kind, long target)
    {
        if (Count == _heap.Length) Array.Resize(ref _heap, Count * 2);
        var added = new Event(timeNs, kind, _sequence++, target);
        var at = Count++;
        while (at > 0)
        {
            var parent = (at - 1) / 2;
            if (!added.Precedes(in _heap[parent])) break;
            _heap[at] = _heap[parent];
            at = parent;
        }

        _heap[at] = added;
    }

    /// <exception cref="InvalidOperationException">Nothing is scheduled.</exception>
    public Event Take()
    {
        if (Count == 0) throw new InvalidOperationException("No event is scheduled.");
        var first = _heap[0];
        var last = _heap[--Count];
        var at = 0;
        while (true)
        {
            var child = 2 * at + 1;
            if (child >= Count) break;
            if (child + 1 < Count && _heap[child + 1].Precedes(in _heap[child])) child++;
            if (!_heap[child].Precedes(in last)) break;
            _heap[at] = _heap[child];
            at = child;
        }

        _heap[at] = last;
        return first;
    }
}
