using Cluster.Engine.Policies;
using Cluster.Engine.Topology;
using Cluster.Engine.Units;

namespace Cluster.Engine.Routing;

/// <summary>
/// Mooncake's conductor: the earliest first token, counting that a much better prefix can be fetched from the instance
/// that has it; requests that would miss an SLO are turned away at once. Fetched prefixes stay, so hot ones spread.
/// Source: engine page, "conductor (Mooncake)"; arXiv:2407.00079, algorithm 1.
/// </summary>
public sealed class ConductorRouting(double balancingThreshold, bool rejects) : IRoutingPolicy
{
    public static Policy<IRoutingPolicy> Policy { get; } = new(
        "conductor",
        "Earliest first token, with prefix copies between instances and early rejection (Mooncake).",
        [
            new Dial("balancing_threshold", 2, 1, 1000, "A prefix is fetched when the best holder has this × as much of it as the instance itself."),
            new Dial("early_rejection", 1, 0, 1, "1 rejects what is predicted to miss the TTFT or TPOT objective; 0 serves everything."),
        ],
        dials => new ConductorRouting(dials["balancing_threshold"], dials["early_rejection"] > 0.5));

    private Candidate _holder;

    public bool UsesPrefixOverlap => true;

    public bool RanksPromptsAlike => true;

    public double Rank(in Candidate candidate, LatencyPredictor predictor) => predictor.QueueNs(in candidate);

    public int CopySource { get; private set; } = -1;

    public RejectionReason Rejection { get; private set; }

    public int Choose(in RoutingQuery query, CandidateSet candidates, RandomStream random)
    {
        CopySource = -1;
        Rejection = RejectionReason.None;
        var instance = candidates.CheapestOfAll(in query, random, out var cost);
        var chosen = candidates.Of(instance);
        if (query.Role == InstanceRole.Decode) return rejects && query.Slo.TpotNs < cost ? Reject(RejectionReason.PredictedTpot) : chosen.Instance;
        if (rejects && query.Slo.TtftNs < cost) return Reject(RejectionReason.PredictedTtft);
        if (Ttft(in query, in chosen).Copies) CopySource = _holder.Instance;
        return chosen.Instance;
    }

    /// <summary>Nanoseconds: to the first token, or between tokens of a decode instance.</summary>
    public void Price(in RoutingQuery query, ReadOnlySpan<Candidate> candidates, Span<double> costs)
    {
        if (query.Role == InstanceRole.Decode)
        {
            for (var i = 0; i < candidates.Length; i++) costs[i] = query.Predictor.StepNs(in candidates[i], query.InputTokens);
            return;
        }

        _holder = candidates[0];
        foreach (ref readonly var candidate in candidates[1..])
            if (candidate.OverlapBlocks > _holder.OverlapBlocks) _holder = candidate;
        for (var i = 0; i < candidates.Length; i++) costs[i] = Ttft(in query, in candidates[i]).Ns;
    }

    private (double Ns, bool Copies) Ttft(in RoutingQuery query, in Candidate candidate)
    {
        ref readonly var holder = ref _holder;
        long own = candidate.OverlapBlocks * query.BlockSize, best = holder.OverlapBlocks * query.BlockSize;
        double local = query.Predictor.TtftNs(in candidate, query.InputTokens, own);
        if (best <= own * balancingThreshold || !query.Predictor.CanCopy(holder.Instance, candidate.Instance)) return (local, false);
        var fetched = query.Predictor.CopyNs(holder.Instance, best - own) + (double)query.Predictor.TtftNs(in candidate, query.InputTokens, best);
        return fetched < local ? (fetched, true) : (local, false);
    }

    private int Reject(RejectionReason reason)
    {
        Rejection = reason;
        return -1;
    }
}
