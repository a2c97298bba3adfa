using Cluster.Engine.Requests;
using Cluster.Engine.Topology;

namespace Cluster.Engine.Scheduling;

/// <summary>
/// A step's token budget under data-parallel attention: every replica has its own share, and a prompt is computed on one of them.
/// Eight replicas of 8,192 tokens take eight prompts of 7,000 tokens in a step and never nine, whatever their sum says.
/// </summary>
internal sealed class ReplicaBudgets
{
    private readonly int[] _prefill;
    private readonly bool _chunks;
    private int _decodes;

    private ReplicaBudgets(int replicas, int budget, bool chunks)
    {
        _prefill = new int[replicas];
        (Budget, _chunks) = (budget, chunks);
    }

    /// <summary>Tokens that one replica takes in a step.</summary>
    public int Budget { get; }

    /// <summary>Prompt tokens of the busiest replica ÷ all; 0 without any.</summary>
    public double BusiestShare
    {
        get
        {
            long all = 0, most = 0;
            foreach (var tokens in _prefill)
            {
                all += tokens;
                most = Math.Max(most, tokens);
            }

            return all == 0 ? 0 : (double)most / all;
        }
    }

    /// <summary>Null with one replica: its budget is the step's.</summary>
    public static ReplicaBudgets? Of(InstanceSpec spec)
    {
        var replicas = spec.Deployment.Parallelism.Dp;
        return replicas == 1 ? null : new ReplicaBudgets(replicas, Math.Max(1, spec.StepTokenBudget / replicas), spec.Scheduler.EnableChunkedPrefill);
    }

    public void Begin()
    {
        Array.Clear(_prefill);
        _decodes = 0;
    }

    /// <summary>Decodes are spread evenly; the busiest replica's share is what every prompt has to leave room for.</summary>
    public void Decode(int sequences, int tokensEach) => _decodes = (sequences + _prefill.Length - 1) / _prefill.Length * tokensEach;

    /// <summary>Prompt tokens of the sequence that its replica still takes; one longer than the budget goes alone where prompts are not cut.</summary>
    public int ChunkSize(Sequence sequence, int missing)
    {
        var taken = _prefill[ReplicaOf(sequence)];
        var left = Budget - _decodes - taken;
        if (missing <= left) return missing;
        if (_chunks) return Math.Max(left, 0);
        return taken == 0 && missing > Budget - _decodes ? missing : 0;
    }

    public void Take(Sequence sequence, int tokens) => _prefill[ReplicaOf(sequence)] += tokens;

    /// <summary>The replica that the scheduler dealt it to, else the one with the least to compute in this step.</summary>
    private int ReplicaOf(Sequence sequence)
    {
        if (sequence.Rank >= 0) return sequence.Rank;
        var least = 0;
        for (var i = 1; i < _prefill.Length; i++)
            if (_prefill[i] < _prefill[least]) least = i;
        return least;
    }
}
