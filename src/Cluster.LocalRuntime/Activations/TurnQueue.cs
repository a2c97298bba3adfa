using System.Diagnostics.CodeAnalysis;

namespace Cluster.LocalRuntime.Activations;

/// <summary>
/// Turns that wait, in order of arrival. An interleaving turn overtakes those that must wait for the running one;
/// otherwise nothing overtakes. Not thread-safe: its activation's lock guards it.
/// </summary>
internal sealed class TurnQueue
{
    private readonly Queue<Turn> _exclusive = new();
    private readonly Queue<Turn> _interleaving = new();
    private long _sequence;

    public int Count => _exclusive.Count + _interleaving.Count;

    public IEnumerable<Turn> All => _exclusive.Concat(_interleaving);

    public void Enqueue(Turn turn)
    {
        turn.Sequence = _sequence++;
        (turn.Interleaves ? _interleaving : _exclusive).Enqueue(turn);
    }

    /// <summary>The next turn that may start.</summary>
    /// <param name="exclusiveMayStart">Whether no exclusive turn is running.</param>
    public bool TryDequeue(bool exclusiveMayStart, [NotNullWhen(true)] out Turn? turn)
    {
        turn = null;
        var hasExclusive = _exclusive.TryPeek(out var exclusive) && exclusiveMayStart;
        var hasInterleaving = _interleaving.TryPeek(out var interleaving);
        if (hasExclusive && (!hasInterleaving || exclusive!.Sequence < interleaving!.Sequence))
        {
            turn = _exclusive.Dequeue();
        }
        else if (hasInterleaving)
        {
            turn = _interleaving.Dequeue();
        }

        return turn is not null;
    }

    /// <summary>Takes out everything, in order of arrival.</summary>
    public Turn[] DrainAll()
    {
        var all = All.OrderBy(turn => turn.Sequence).ToArray();
        _exclusive.Clear();
        _interleaving.Clear();
        return all;
    }
}
