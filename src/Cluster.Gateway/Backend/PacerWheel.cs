namespace Cluster.Gateway.Backend;

/// <summary>Streams by the slot of time in which their next token is due. Not thread-safe.</summary>
internal sealed class PacerWheel
{
    private const int Slots = 4096;

    private readonly List<PacedStream>[] _slots = new List<PacedStream>[Slots];
    private readonly long _ticksPerSlot;

    public PacerWheel(long ticksPerSlot)
    {
        _ticksPerSlot = ticksPerSlot;
        for (var i = 0; i < Slots; i++) _slots[i] = [];
    }

    /// <summary>The first slot that has not been taken.</summary>
    public long Next { get; private set; }

    /// <summary>When that slot's tokens are to be written, ticks.</summary>
    public long NextTicks => Next * _ticksPerSlot;

    /// <summary>Leaves out the slots up to now: nobody waits in them.</summary>
    public void SkipTo(long nowTicks) => Next = nowTicks / _ticksPerSlot;

    /// <summary>What is late already goes into the next slot, not into the past.</summary>
    public void Insert(PacedStream stream)
    {
        var slot = Math.Max((stream.DueTicks + _ticksPerSlot - 1) / _ticksPerSlot, Next);
        _slots[slot % Slots].Add(stream);
    }

    /// <summary>
    /// Takes the streams due in the next slot, in the order in which they were inserted: each then has the same place among
    /// the others at every token, and its gaps stay even. Those of a later turn of the wheel stay.
    /// </summary>
    public void TakeNext(List<PacedStream> into)
    {
        var endTicks = NextTicks;
        var slot = _slots[Next % Slots];
        var kept = 0;
        for (var i = 0; i < slot.Count; i++)
        {
            if (slot[i].DueTicks > endTicks) slot[kept++] = slot[i];
            else into.Add(slot[i]);
        }

        slot.RemoveRange(kept, slot.Count - kept);
        Next++;
    }
}
