using Cluster.Engine.Requests;

namespace Cluster.Engine.Scheduling;

/// <summary>
/// Whether one more sequence fits until all that run have ended, if each goes to its last token and nobody else comes: as each ends, what it held is
/// free for those that go on. Source: SGLang's <c>PrefillAdder.add_one_req_ignore_eos</c>.
/// </summary>
internal sealed class EndsForeseen
{
    private readonly List<(int Left, long Held)> _members = [];

    /// <summary>O(n log n) in running sequences.</summary>
    public bool Fits(InstanceState state, Sequence newcomer)
    {
        _members.Clear();
        var free = state.Pool.Available;
        for (var m = state.Decodes.First; m is not null; m = m.Next)
            Add(m.TargetTokens - state.Decodes.GeneratedOf(m), state.Decodes.BlocksFor(state.Decodes.ComputedOf(m)));
        foreach (var s in state.Prefilling)
        {
            free -= Math.Max(0, state.Decodes.BlocksFor(s.KnownTokens) - state.Decodes.BlocksFor(s.Computed));
            Add(s.TargetTokens - s.Generated, state.Decodes.BlocksFor(s.KnownTokens));
        }

        free -= state.Decodes.BlocksFor(newcomer.KnownTokens);
        Add(newcomer.TargetTokens - newcomer.Generated, state.Decodes.BlocksFor(newcomer.KnownTokens));
        _members.Sort((a, b) => a.Left.CompareTo(b.Left));
        for (var i = 0; i < _members.Count; i++)
        {
            var (left, held) = _members[i];
            if (free < (long)state.Spec.Kv.BlocksFor(left) * (_members.Count - i)) return false;
            free += held;
        }

        return true;
    }

    private void Add(int left, long held) => _members.Add((left, held));
}
