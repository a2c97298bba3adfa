using Cluster.Engine.Policies;
using Cluster.Engine.Units;

namespace Cluster.Engine.Routing;

/// <summary>
/// llm-d's weighted scorers: prefix match, free KV, short queue, light load; the highest sum wins. Source: engine page, "scorers (llm-d)".
/// </summary>
public sealed class ScorersRouting(double prefixWeight, double kvWeight, double queueWeight, double loadWeight, double loadThreshold) : IRoutingPolicy
{
    public static Policy<IRoutingPolicy> Policy { get; } = new(
        "scorers",
        "Weighted sum of prefix match, free KV and short queue (llm-d).",
        [
            new Dial("prefix_weight", 2, 0, 100, "Weight of the share of prompt blocks that match."),
            new Dial("kv_weight", 1, 0, 100, "Weight of 1 − KV utilisation."),
            new Dial("queue_weight", 1, 0, 100, "Weight of (max − queue) ÷ (max − min)."),
            new Dial("load_weight", 0, 0, 100, "Weight of 0.5 × (1 − queue ÷ load_threshold), whatever the others' queues are."),
            new Dial("load_threshold", 128, 1, 1e6, "Waiting requests at which that is 0."),
        ],
        dials => new ScorersRouting(dials["prefix_weight"], dials["kv_weight"], dials["queue_weight"], dials["load_weight"], dials["load_threshold"]));

    public bool UsesPrefixOverlap => prefixWeight > 0;

    public bool UsesLoadReports => true;

    /// <inheritdoc/>
    /// <remarks>Of two queues the shorter one counts for as much as the longest allows: whoever has one is looked at. Where all have, all are.</remarks>
    public bool RanksAlike => true;

    public bool StandsApart(in Candidate candidate) => candidate.Waiting > 0;

    public double Rank(in Candidate candidate, LatencyPredictor predictor) => Cost(match: 0, in candidate, queue: 1);

    public int Choose(in RoutingQuery query, CandidateSet candidates, RandomStream random) => candidates.CheapestOfAll(in query, random);

    public void Price(in RoutingQuery query, ReadOnlySpan<Candidate> candidates, Span<double> costs)
    {
        var (min, max) = (int.MaxValue, 0);
        foreach (ref readonly var candidate in candidates) (min, max) = (Math.Min(min, candidate.Waiting), Math.Max(max, candidate.Waiting));
        for (var i = 0; i < costs.Length; i++)
        {
            ref readonly var candidate = ref candidates[i];
            var queue = max == min ? 1 : (max - candidate.Waiting) / (double)(max - min);
            var match = Math.Min(1, candidate.OverlapBlocks / (double)query.KnownBlocks);
            costs[i] = Cost(match, in candidate, queue);
        }
    }

    private double Cost(double match, in Candidate candidate, double queue)
    {
        var load = 0.5 * (1 - (Math.Min(candidate.Waiting, loadThreshold) / loadThreshold));
        return -(prefixWeight * match + kvWeight * (1 - candidate.KvUsage) + queueWeight * queue + loadWeight * load);
    }
}
