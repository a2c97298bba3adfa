namespace Cluster.Engine.Routing;

/// <summary>
/// Candidates by their rank, kept in order while ranks change: a tournament of which every node knows the least and the
/// greatest rank below it and how many share the least. A change costs by the logarithm of their number, the least nothing.
/// </summary>
public sealed class LoadOrder
{
    private readonly Node[] _nodes;
    private readonly int _leaves;

    private readonly record struct Node(double Least, double Greatest, int Ties);

    /// <param name="count">Candidates, at least 1; all rank 0 at first.</param>
    public LoadOrder(int count)
    {
        _leaves = (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)count);
        _nodes = new Node[2 * _leaves];
        Array.Fill(_nodes, new Node(double.PositiveInfinity, double.NegativeInfinity, 0));
        for (var i = 0; i < count; i++) _nodes[_leaves + i] = new Node(0, 0, 1);
        for (var at = _leaves - 1; at > 0; at--) _nodes[at] = Winner(at);
    }

    public double this[int candidate] => _nodes[_leaves + candidate].Least;

    public double Least => _nodes[1].Least;

    public double Greatest => _nodes[1].Greatest;

    /// <summary>Candidates of the least rank.</summary>
    public int Ties => _nodes[1].Ties;

    public void Set(int candidate, double rank)
    {
        var at = _leaves + candidate;
        if (_nodes[at].Least == rank) return;
        _nodes[at] = new Node(rank, rank, 1);
        while ((at >>= 1) > 0)
        {
            var winner = Winner(at);
            if (winner == _nodes[at]) return;
            _nodes[at] = winner;
        }
    }

    /// <summary>The candidate that so many of the least rank precede.</summary>
    public int TieAt(int index)
    {
        var at = 1;
        while (at < _leaves)
        {
            ref var left = ref _nodes[at *= 2];
            if (left.Least != Least) at++;
            else if (index >= left.Ties)
            {
                index -= left.Ties;
                at++;
            }
        }

        return at - _leaves;
    }

    /// <summary>Candidates of the least rank that precede this one.</summary>
    public int TiesBefore(int candidate)
    {
        var ties = 0;
        for (var at = _leaves + candidate; at > 1; at >>= 1)
            if ((at & 1) == 1 && _nodes[at - 1].Least == Least) ties += _nodes[at - 1].Ties;
        return ties;
    }

    private Node Winner(int at)
    {
        ref readonly var left = ref _nodes[2 * at];
        ref readonly var right = ref _nodes[2 * at + 1];
        var ties = left.Least < right.Least ? left.Ties : left.Least > right.Least ? right.Ties : left.Ties + right.Ties;
        return new Node(Math.Min(left.Least, right.Least), Math.Max(left.Greatest, right.Greatest), ties);
    }
}
