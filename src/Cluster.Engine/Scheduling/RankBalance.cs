using Cluster.Engine.Requests;

namespace Cluster.Engine.Scheduling;

/// <summary>Which attention replica computes which sequence: a new one goes to the replica with the fewest, and stays.</summary>
internal sealed class RankBalance
{
    private readonly List<Sequence> _waiting = [];
    private int[] _running = [];
    private int[] _decoding = [];
    private int[] _prompts = [];
    private int[] _tokensLeft = [];
    private bool _chunks;
    private int _budget;

    /// <summary>Every replica has a prompt to compute.</summary>
    public bool EachHasPrompt => Array.TrueForAll(_prompts, n => n > 0);

    /// <summary>Every replica decodes: somebody is held up by a prompt.</summary>
    public bool EachDecodes => Array.TrueForAll(_decoding, n => n > 0);

    /// <summary>Counts what runs, deals waiting sequences to replicas, and returns those that the step may know of, in order.</summary>
    public IReadOnlyList<Sequence> Deal(InstanceState state)
    {
        var ranks = state.Spec.Deployment.Parallelism.Dp;
        if (_running.Length != ranks) (_running, _decoding, _prompts, _tokensLeft) = (new int[ranks], new int[ranks], new int[ranks], new int[ranks]);
        Array.Clear(_running);
        Array.Clear(_prompts);
        for (var member = state.Decodes.First; member is not null; member = member.Next) _running[Rank(member)]++;
        _running.CopyTo(_decoding, 0);
        foreach (var sequence in state.Prefilling) _running[Rank(sequence)]++;
        (_chunks, _budget) = (state.Spec.Scheduler.EnableChunkedPrefill, state.Spec.StepTokenBudget / ranks);
        for (var i = 0; i < ranks; i++) _tokensLeft[i] = _budget - _decoding[i];
        _waiting.Clear();
        foreach (var sequence in state.Waiting.All)
        {
            if (state.CameTooLate(sequence)) continue;
            _waiting.Add(sequence);
            if (sequence.Rank >= 0) _running[sequence.Rank]++;
        }

        foreach (var sequence in _waiting)
        {
            if (sequence.Rank < 0) _running[Rank(sequence)]++;
            _prompts[sequence.Rank]++;
        }

        return _waiting;
    }

    /// <summary>Whether the replica's own token budget takes the prompt in this step; one longer than the budget goes alone.</summary>
    public bool HasRoom(Sequence sequence)
    {
        var left = _tokensLeft[sequence.Rank];
        return left >= sequence.MissingTokens || (left > 0 && _chunks) || (left == _budget - _decoding[sequence.Rank] && sequence.MissingTokens > left);
    }

    public void Take(Sequence sequence) => _tokensLeft[sequence.Rank] -= sequence.MissingTokens;

    private int Rank(Sequence sequence) => sequence.Rank >= 0 ? sequence.Rank : sequence.Rank = Array.IndexOf(_running, _running.Min());
}
