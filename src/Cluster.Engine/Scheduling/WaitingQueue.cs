using Cluster.Engine.Requests;

namespace Cluster.Engine.Scheduling;

/// <summary>Sequences that wait, first come first served or by priority; removal anywhere is O(1).</summary>
public sealed class WaitingQueue(bool priorityOrder)
{
    private readonly LinkedList<Sequence> _queue = new();

    public int Count => _queue.Count;

    public Sequence? Head => _queue.First?.Value;

    public Sequence? Tail => _queue.Last?.Value;

    /// <summary>Joins at the end, or behind the last of equal or smaller priority number.</summary>
    public void Enqueue(Sequence sequence)
    {
        var before = priorityOrder ? _queue.Last : null;
        while (before is not null && Precedes(sequence, before.Value)) before = before.Previous;
        sequence.QueueNode = before is not null ? _queue.AddAfter(before, sequence)
            : priorityOrder ? _queue.AddFirst(sequence) : _queue.AddLast(sequence);
    }

    /// <summary>A preempted sequence goes before all others, or by priority where that rules.</summary>
    public void EnqueueFront(Sequence sequence)
    {
        if (priorityOrder) Enqueue(sequence);
        else sequence.QueueNode = _queue.AddFirst(sequence);
    }

    public void Remove(Sequence sequence)
    {
        _queue.Remove(sequence.QueueNode ?? throw new InvalidOperationException($"Request {sequence.Id} is not in this queue."));
        sequence.QueueNode = null;
    }

    public IEnumerable<Sequence> All => _queue;

    private static bool Precedes(Sequence a, Sequence b) =>
        a.Request.Priority != b.Request.Priority ? a.Request.Priority < b.Request.Priority : a.Id < b.Id;
}
