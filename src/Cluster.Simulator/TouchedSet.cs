using System.Numerics;

namespace Cluster.Simulator;

/// <summary>
/// Instances that something happened to at this moment, taken in rounds by index: the order in which they begin their
/// steps depends on the moment alone, not on the order in which its events were handled.
/// </summary>
internal sealed class TouchedSet(int instances)
{
    private readonly ulong[] _bits = new ulong[(instances + 63) / 64];
    private int _count;
    private int _current = -1;
    private int _round;

    public void Add(int index)
    {
        var bit = 1UL << (index & 63);
        if ((_bits[index >> 6] & bit) != 0) return;
        _bits[index >> 6] |= bit;
        _count++;
    }

    /// <summary>Whether this instance had its turn at this moment already, if it had one at all.</summary>
    public bool HadItsTurn(int index) => _round > 0 || index < _current;

    /// <summary>The next of the round, then of the rounds that follow. False once nothing is left: the moment is over.</summary>
    public bool TryTake(out int index)
    {
        index = Next(_current + 1);
        if (index < 0 && _count > 0)
        {
            _round++;
            index = Next(0);
        }

        _current = index;
        if (index < 0)
        {
            _round = 0;
            return false;
        }

        _bits[index >> 6] &= ~(1UL << (index & 63));
        _count--;
        return true;
    }

    private int Next(int from)
    {
        if (_count == 0) return -1;
        for (var word = from >> 6; word < _bits.Length; word++)
        {
            var bits = _bits[word];
            if (word == from >> 6) bits &= ulong.MaxValue << (from & 63);
            if (bits != 0) return (word << 6) + BitOperations.TrailingZeroCount(bits);
        }

        return -1;
    }
}
