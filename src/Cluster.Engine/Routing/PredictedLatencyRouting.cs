using Cluster.Engine.Policies;
using Cluster.Engine.Topology;
using Cluster.Engine.Units;

namespace Cluster.Engine.Routing;

/// <summary>
/// The instance whose own cost model promises the earliest first token (or, among decode instances, the shortest step):
/// what no router in the field can know as well, so the bound for one request. Not for all of them: who avoids a short queue
/// computes a cached prefix once more and evicts another (scenario <c>router-knowledge</c>).
/// </summary>
public sealed class PredictedLatencyRouting : IRoutingPolicy
{
    public static Policy<IRoutingPolicy> Policy { get; } =
        new("predicted-latency", "The earliest first token by each instance's cost model.", [], _ => new PredictedLatencyRouting());

    public bool UsesPrefixOverlap => true;

    /// <inheritdoc/>
    /// <remarks>Of a prompt, not of a decode step: whether ten sequences of long context or eleven of short make the longer one depends on this one's too.</remarks>
    public bool RanksPromptsAlike => true;

    public double Rank(in Candidate candidate, LatencyPredictor predictor) => predictor.QueueNs(in candidate);

    public int Choose(in RoutingQuery query, CandidateSet candidates, RandomStream random) => candidates.CheapestOfAll(in query, random);

    public void Price(in RoutingQuery query, ReadOnlySpan<Candidate> candidates, Span<double> costs)
    {
        for (var i = 0; i < costs.Length; i++)
        {
            costs[i] = query.Role == InstanceRole.Decode
                ? query.Predictor.StepNs(in candidates[i], query.InputTokens)
                : query.Predictor.TtftNs(in candidates[i], query.InputTokens, candidates[i].OverlapBlocks * (long)query.BlockSize);
        }
    }
}
