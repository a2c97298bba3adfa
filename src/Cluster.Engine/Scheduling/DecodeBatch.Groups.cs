using System.Collections.Immutable;
using Cluster.Engine.Requests;
using Cluster.Engine.Topology;

namespace Cluster.Engine.Scheduling;

/// <summary>
/// Hybrid models: layers that keep a window hold blocks of their own until the window is full, and from then on free one with each
/// that they take. So a member's blocks per boundary change once per group, at a step that is known when it joins.
/// </summary>
public sealed partial class DecodeBatch
{
    private readonly ImmutableArray<KvGroupSpec> _groups;
    private readonly PriorityQueue<(Sequence Member, int Pages), (long Step, long Order, int Group)> _filling = new();
    private long _nextFilled = long.MaxValue;

    /// <summary>Blocks held while a prompt computes <paramref name="tokens"/> over <paramref name="computed"/>: windows drop what they have passed after the step.</summary>
    public int BlocksDuring(int computed, int tokens)
    {
        if (_groups.IsEmpty) return BlocksFor(computed + tokens);
        long blocks = (computed + tokens + _blockSize - 1) / _blockSize;
        foreach (var group in _groups) blocks += group.PagesDuring(computed, tokens, _blockSize);
        return (int)blocks;
    }

    /// <summary>Blocks that the next block boundary takes.</summary>
    private int BlocksPerBoundary(int computed)
    {
        var blocks = 1;
        foreach (var group in _groups)
            if (group.Kind == KvGroupKind.Window && computed < FullAt(group)) blocks += group.Pages;
        return blocks;
    }

    /// <summary>Computed tokens with which a window has taken its last block.</summary>
    private int FullAt(KvGroupSpec group) => ((group.BlocksKept(_blockSize) - 1) * _blockSize) + 1;

    private void AwaitFullWindows(Sequence member)
    {
        for (var g = 0; g < _groups.Length; g++)
        {
            var group = _groups[g];
            if (group.Kind != KvGroupKind.Window || member.Computed >= FullAt(group)) continue;
            var step = member.JoinStep + FullAt(group) - member.Computed;
            _filling.Enqueue((member, group.Pages), (step, member.AdmissionOrder, g));
            _nextFilled = Math.Min(_nextFilled, step);
            member.IsAwaited = true;
        }
    }

    private void FillWindows()
    {
        while (_filling.TryPeek(out var full, out var due) && due.Step <= Steps)
        {
            _filling.Dequeue();
            // Gone, or admitted anew since.
            if (full.Member.Status == SequenceStatus.Decoding && full.Member.AdmissionOrder == due.Order) _blocksDue[DueSlot(full.Member)] -= full.Pages;
        }

        _nextFilled = _filling.TryPeek(out _, out var next) ? next.Step : long.MaxValue;
    }
}
