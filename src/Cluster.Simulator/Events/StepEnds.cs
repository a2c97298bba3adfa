using System.Numerics;
using Cluster.Engine.Units;

namespace Cluster.Simulator.Events;

/// <summary>
/// When the step of each instance ends, the earliest first, ties by instance: a tournament, in which every node knows the earlier of its
/// two sides. An instance has one step at a time, so that an end which moves takes the place of the one before instead of
/// joining it in a heap: the whole of it stays in the processor's nearest cache for a thousand instances.
/// </summary>
public sealed class StepEnds
{
    private readonly int _leaves;
    private readonly long[] _dueNs;
    private readonly int[] _earlier;

    /// <param name="instances">None of which has a step yet.</param>
    public StepEnds(int instances)
    {
        _leaves = (int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(2, instances));
        (_dueNs, _earlier) = (new long[_leaves], new int[_leaves]);
        Array.Fill(_dueNs, Time.Never);
        for (var at = _leaves - 1; at > 0; at--) _earlier[at] = Winner(2 * at);
    }

    /// <summary>The instance whose step ends next; any, where <see cref="NextNs"/> is <see cref="Time.Never"/>.</summary>
    public int Next => _earlier[1];

    /// <summary>When it does.</summary>
    public long NextNs => _dueNs[Next];

    /// <summary>The instance's step ends then, whatever was said before.</summary>
    /// <param name="dueNs"><see cref="Time.Never"/> for an instance that has no step.</param>
    public void Set(int instance, long dueNs)
    {
        _dueNs[instance] = dueNs;
        for (var at = (_leaves + instance) >> 1; at > 0; at >>= 1)
        {
            var (left, right) = (Winner(2 * at), Winner(2 * at + 1));
            var earlier = _dueNs[left] <= _dueNs[right] ? left : right;
            // Neither was nor is what matters above.
            if (_earlier[at] == earlier && earlier != instance) return;
            _earlier[at] = earlier;
        }
    }

    private int Winner(int node) => node >= _leaves ? node - _leaves : _earlier[node];
}
