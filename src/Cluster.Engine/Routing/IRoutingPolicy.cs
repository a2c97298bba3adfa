using Cluster.Engine.Units;

namespace Cluster.Engine.Routing;

/// <summary>Picks an instance for a request. One file per policy. An object serves one pool of one router, so it may keep state.</summary>
public interface IRoutingPolicy
{
    /// <summary>Whether <see cref="Candidate.OverlapBlocks"/> matters: without it no block events need to travel.</summary>
    bool UsesPrefixOverlap { get; }

    /// <summary>Whether <see cref="Candidate.Waiting"/> and <see cref="Candidate.KvUsage"/> matter: without them no load reports need to travel.</summary>
    bool UsesLoadReports => false;

    /// <summary>Whether <see cref="Candidate.DistinctBlocks"/> matters: without it no chains need to be kept.</summary>
    bool UsesDistinctBlocks => false;

    /// <summary>Instance that the chosen one should first fetch the prefix from; −1: none. Of the last choice.</summary>
    int CopySource => -1;

    /// <summary>Why the last choice was none.</summary>
    RejectionReason Rejection => RejectionReason.None;

    /// <summary>
    /// Whether candidates that have nothing of the prompt stand in the same order for every request, that of <see cref="Rank"/>:
    /// they are kept in it, and <see cref="CandidateSet.Least"/> and <see cref="CandidateSet.Cheapest"/> cost the same for 4 and for 1,000.
    /// </summary>
    bool RanksByLoad => false;

    /// <summary>
    /// Whether that order holds for prompts alone, and among instances built alike, at the same price for the same rank:
    /// <see cref="CandidateSet.CheapestOfAll(in RoutingQuery, RandomStream)"/> then makes use of it where they are.
    /// </summary>
    bool RanksPromptsAlike => false;

    /// <summary>
    /// As <see cref="RanksPromptsAlike"/>, whatever the instances are built like and wanted for, among all that do not
    /// <see cref="StandsApart"/>.
    /// </summary>
    bool RanksAlike => false;

    /// <summary>Whether this candidate is looked at in each decision, since its place follows from more than its rank.</summary>
    bool StandsApart(in Candidate candidate) => false;

    /// <summary>Where a candidate stands by its load alone, lower is better. Follows from the candidate, the dials and the predictor, nothing else.</summary>
    double Rank(in Candidate candidate, LatencyPredictor predictor) => 0;

    /// <summary>The chosen instance; −1 turns the request away (HTTP 429), see <see cref="Rejection"/>.</summary>
    /// <param name="query">The request.</param>
    /// <param name="candidates">At least one.</param>
    /// <param name="random">The router's own stream.</param>
    int Choose(in RoutingQuery query, CandidateSet candidates, RandomStream random);

    /// <summary>What candidates cost, lower is better: for the decision log, after <see cref="Choose"/>, and for policies that go by it.</summary>
    /// <param name="query">The request.</param>
    /// <param name="candidates">For the log, all of them.</param>
    /// <param name="costs">To be filled; same length as <paramref name="candidates"/>.</param>
    void Price(in RoutingQuery query, ReadOnlySpan<Candidate> candidates, Span<double> costs);
}

/// <summary>What several policies share.</summary>
internal static class Choice
{
    /// <summary>The place of the lowest cost; ties are broken at random, as Dynamo does.</summary>
    public static int Lowest(ReadOnlySpan<double> costs, RandomStream random)
    {
        var (lowest, ties) = (costs[0], 1);
        foreach (var cost in costs[1..])
        {
            if (cost < lowest) (lowest, ties) = (cost, 1);
            else if (cost == lowest) ties++;
        }

        var place = costs.IndexOf(lowest);
        for (var tie = Tie(ties, random); tie > 0; tie--) place += 1 + costs[(place + 1)..].IndexOf(lowest);
        return place;
    }

    /// <summary>One of so many that tie: one number is drawn, however many they are, and none for one alone.</summary>
    public static int Tie(int ties, RandomStream random) => ties == 1 ? 0 : ties - 1 - random.NextInt(ties);
}
