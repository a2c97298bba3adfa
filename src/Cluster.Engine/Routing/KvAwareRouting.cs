using Cluster.Engine.Policies;
using Cluster.Engine.Units;

namespace Cluster.Engine.Routing;

/// <summary>
/// Dynamo's KV-aware router: the blocks an instance would have to prefill, less what it has cached, plus the blocks
/// it would have to keep. Source: engine page, "kv-aware (Dynamo form)".
/// </summary>
public sealed class KvAwareRouting(double prefillLoadScale, double overlapCredit, double hostCredit, double diskCredit, double temperature) : IRoutingPolicy
{
    public static Policy<IRoutingPolicy> Policy { get; } = new(
        "kv-aware",
        "Prefill work left after prefix hits, plus KV load (NVIDIA Dynamo).",
        [
            new Dial("prefill_load_scale", 1, 0, 100, "Weight of prefill blocks against decode blocks."),
            new Dial("overlap_credit", 1, 0, 10, "Prefill blocks that one cached block saves."),
            new Dial("host_credit", 0.75, 0, 10, "Prefill blocks that one block in host memory saves."),
            new Dial("disk_credit", 0.25, 0, 10, "Prefill blocks that one block on a disk saves."),
            new Dial("temperature", 0, 0, 10, "0 takes the cheapest; above, samples softmax of the negated normalised cost."),
        ],
        dials => new KvAwareRouting(dials["prefill_load_scale"], dials["overlap_credit"], dials["host_credit"], dials["disk_credit"], dials["temperature"]));

    public bool UsesPrefixOverlap => overlapCredit > 0;

    public bool UsesDistinctBlocks => true;

    public bool RanksByLoad => temperature == 0;

    public double Rank(in Candidate candidate, LatencyPredictor predictor) => (prefillLoadScale * candidate.PendingPrefillTokens / candidate.BlockSize) + candidate.DistinctBlocks;

    public int Choose(in RoutingQuery query, CandidateSet candidates, RandomStream random) =>
        temperature > 0 ? candidates[Sample(candidates.Prices(in query), random)].Instance : candidates.Cheapest(in query, random);

    public void Price(in RoutingQuery query, ReadOnlySpan<Candidate> candidates, Span<double> costs)
    {
        for (var i = 0; i < costs.Length; i++)
        {
            var candidate = candidates[i];
            var prefillBlocks = (candidate.PendingPrefillTokens + query.InputTokens) / (double)query.BlockSize;
            var credit = (overlapCredit * candidate.DeviceBlocks) + (hostCredit * (candidate.HostBlocks - candidate.DeviceBlocks))
                + (diskCredit * (candidate.OverlapBlocks - candidate.HostBlocks));
            var decodeBlocks = candidate.DistinctBlocks + query.InputBlocks - candidate.SharedBlocks;
            costs[i] = prefillLoadScale * Math.Max(0, prefillBlocks - credit) + decodeBlocks;
        }
    }

    private int Sample(ReadOnlySpan<double> costs, RandomStream random)
    {
        var (min, max) = (double.MaxValue, double.MinValue);
        foreach (var cost in costs) (min, max) = (Math.Min(min, cost), Math.Max(max, cost));
        if (min == max) return random.NextInt(costs.Length);
        double total = 0;
        foreach (var cost in costs) total += Weight(cost);
        var left = random.NextDouble() * total;
        for (var i = 0; i < costs.Length - 1; i++)
            if ((left -= Weight(costs[i])) < 0) return i;
        return costs.Length - 1;

        double Weight(double cost) => Math.Exp(-(cost - min) / ((max - min) * temperature));
    }
}
