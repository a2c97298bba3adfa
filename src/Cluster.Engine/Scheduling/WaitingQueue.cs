using Cluster.Engine.Requests;

namespace Cluster.Engine.Scheduling;

/// <summary>Sequences that wait, first come first served or by priority; removal anywhere is O(1). Neighbours are kept in the sequences.</summary>
public sealed class WaitingQueue(bool priorityOrder)
{
    public int Count { get; private set; }

    public Sequence? Head { get; private set; }

    public Sequence? Tail { get; private set; }

    /// <summary>All, from the head on. They must not leave meanwhile.</summary>
    public IEnumerable<Sequence> All
    {
        get
        {
            for (var sequence = Head; sequence is not null; sequence = sequence.Next) yield return sequence;
        }
    }

    /// <summary>Joins at the end, or behind the last of equal or smaller priority number.</summary>
    public void Enqueue(Sequence sequence)
    {
        ArgumentNullException.ThrowIfNull(sequence);
        var before = Tail;
        while (priorityOrder && before is not null && Precedes(sequence, before)) before = before.Previous;
        InsertAfter(before, sequence);
    }

    /// <summary>A preempted sequence goes before all others, or by priority where that rules.</summary>
    public void EnqueueFront(Sequence sequence)
    {
        ArgumentNullException.ThrowIfNull(sequence);
        if (priorityOrder) Enqueue(sequence);
        else InsertAfter(null, sequence);
    }

    /// <exception cref="InvalidOperationException">It is not in this queue.</exception>
    public void Remove(Sequence sequence)
    {
        ArgumentNullException.ThrowIfNull(sequence);
        if (sequence.Previous is null ? Head != sequence : sequence.Previous.Next != sequence) throw new InvalidOperationException($"Request {sequence.Id} is not in this queue.");
        if (sequence.Previous is null) Head = sequence.Next;
        else sequence.Previous.Next = sequence.Next;
        if (sequence.Next is null) Tail = sequence.Previous;
        else sequence.Next.Previous = sequence.Previous;
        sequence.Previous = sequence.Next = null;
        Count--;
    }

    private void InsertAfter(Sequence? before, Sequence sequence)
    {
        sequence.Previous = before;
        sequence.Next = before is null ? Head : before.Next;
        if (before is null) Head = sequence;
        else before.Next = sequence;
        if (sequence.Next is null) Tail = sequence;
        else sequence.Next.Previous = sequence;
        Count++;
    }

    private static bool Precedes(Sequence a, Sequence b) =>
        a.Request.Priority != b.Request.Priority ? a.Request.Priority < b.Request.Priority : a.Id < b.Id;
}
