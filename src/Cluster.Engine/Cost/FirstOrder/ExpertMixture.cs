namespace Cluster.Engine.Cost.FirstOrder;

/// <summary>Mixtures of experts: arithmetic follows the active parameters, memory the total.</summary>
public static class ExpertMixture
{
    /// <summary>Experts that a batch touches when each token chooses k of E evenly: E·(1 − (1 − k/E)^T).</summary>
    public static double TouchedExperts(double experts, double active, double tokens) => experts * (1 - Math.Pow(1 - active / experts, tokens));

    public static Law Law { get; } = new(
        "moe", "What a mixture of experts computes, holds and touches.",
        "FLOPs/token = 2·N_active; held = N · b_w; touched experts = E · (1 − (1 − k/E)^T)",
        "Shazeer et al. 2017, arXiv:1701.06538; touched experts: balls into bins",
        [
            Terms.Parameters, Terms.ActiveParameters, Terms.BytesPerWeight,
            new("experts", "E", "", "routed experts per layer", Min: 1) { Whole = true }, new("active-experts", "k", "", "chosen per token", Min: 1) { Whole = true },
            Terms.Batch with { Symbol = "T", Meaning = "tokens in the step" },
        ],
        n =>
        [
            new("flops_per_token", "FLOP", 2 * n["active-params"], "forward pass"),
            new("share_of_dense_flops", "", n["active-params"] / n["params"], "against a dense model of the same size"),
            new("bytes_held", "B", WeightBytes.Bytes(n["params"], n["bytes-per-weight"]), "all experts stay resident"),
            new("experts_touched", "", TouchedExperts(n["experts"], n["active-experts"], n["batch"]), "per layer in such a step"),
        ])
    { Contradictions = Contradictions };

    private static IEnumerable<string> Contradictions(LawNumbers n)
    {
        if (n["active-experts"] > n["experts"]) yield return FormattableString.Invariant($"active-experts is {n["active-experts"]}; a token cannot choose more than there are experts ({n["experts"]})");
        if (n["active-params"] > n["params"]) yield return FormattableString.Invariant($"active-params is {n["active-params"]:g6}; a token cannot multiply more than params ({n["params"]:g6})");
    }
}
