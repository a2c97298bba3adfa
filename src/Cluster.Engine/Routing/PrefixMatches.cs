using System.Numerics;

namespace Cluster.Engine.Routing;

/// <summary>
/// How much of a prompt's beginning each instance has. Most have nothing, so whoever asks looks at those alone that have
/// something: the cost of a look-up follows the matches, not the instances.
/// </summary>
public sealed class PrefixMatches(int instances)
{
    private readonly int[] _counts = new int[instances];
    private readonly ulong[] _holders = new ulong[(instances + 63) / 64];

    /// <summary>Leading blocks or tokens, whichever was looked up; 0 for who has none.</summary>
    public int this[int instance] => _counts[instance];

    /// <summary>Bit <c>i</c> of word <c>w</c>: instance <c>64·w + i</c> has something.</summary>
    public ReadOnlySpan<ulong> Holders => _holders;

    /// <summary>Who has something, ascending.</summary>
    public Enumerator GetEnumerator() => new(_holders);

    public void Set(int instance, int count)
    {
        _counts[instance] = count;
        _holders[instance >> 6] |= 1UL << (instance & 63);
    }

    public void Clear()
    {
        for (var word = 0; word < _holders.Length; word++)
        {
            for (var left = _holders[word]; left != 0; left &= left - 1) _counts[(word << 6) + BitOperations.TrailingZeroCount(left)] = 0;
            _holders[word] = 0;
        }
    }

    /// <summary>Goes over instances that have something, without looking at the others.</summary>
    public ref struct Enumerator(ReadOnlySpan<ulong> holders)
    {
        private readonly ReadOnlySpan<ulong> _holders = holders;
        private int _word = -1;
        private ulong _left;

        public int Current { get; private set; }

        public bool MoveNext()
        {
            while (_left == 0)
            {
                if (++_word == _holders.Length) return false;
                _left = _holders[_word];
            }

            Current = (_word << 6) + BitOperations.TrailingZeroCount(_left);
            _left &= _left - 1;
            return true;
        }
    }
}
