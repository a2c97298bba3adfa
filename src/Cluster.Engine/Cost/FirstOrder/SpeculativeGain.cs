namespace Cluster.Engine.Cost.FirstOrder;

/// <summary>Speculative decoding: tokens per target pass, its net gain, and the batch at which it stops paying.</summary>
public static class SpeculativeGain
{
    /// <summary>
    /// Gain over plain decoding at a batch: a verifying pass computes B·(K+1) tokens, free while bandwidth binds
    /// (below the ridge), at full price beyond it.
    /// </summary>
    public static double Gain(double tokensPerPass, double draftTokens, double draftCost, double batch, double ridgeBatch) =>
        tokensPerPass / ((1 + draftCost * draftTokens) * Math.Max(1, batch * (draftTokens + 1) / ridgeBatch) / Math.Max(1, batch / ridgeBatch));

    public static Law Law { get; } = new(
        "speculative", "What drafting K tokens gains, and up to which batch.",
        "E = (1 − α^(K+1)) ÷ (1 − α); gain = E ÷ (1 + c·K) × max(1, B/R) ÷ max(1, B·(K+1)/R)",
        "Leviathan et al. 2023, arXiv:2211.17192 eq. 1 and theorem 3.8; the ridge term follows from the roofline",
        [
            new("alpha", "α", "", "probability that a drafted token is accepted", Min: 0, Max: 1), new("k", "K", "", "drafted tokens per pass", Min: 1, Max: 64) { Whole = true },
            new("draft-cost", "c", "", "one drafted token, as a share of a target pass", 0, 0, 1), Terms.Batch,
            new("ridge-batch", "R", "tokens", "batch at which decode becomes compute-bound; see ridge", 295, 1),
        ],
        n =>
        {
            var (k, c, ridge) = (n["k"], n["draft-cost"], n["ridge-batch"]);
            var expected = new SpeculativeDecoding(DraftMethod.DraftModel, (int)k, n["alpha"], c).ExpectedTokensPerPass;
            return
            [
                new("tokens_per_pass", "tokens", expected, "committed per target pass"),
                new("gain", "×", Gain(expected, k, c, n["batch"], ridge), "decode speed against none, at this batch; TTFT gains nothing"),
                new("gain_bandwidth_bound", "×", expected / (1 + c * k), "while bandwidth binds"),
                new("break_even_batch", "tokens", expected <= 1 + c * k ? 0 : ridge * expected / ((1 + c * k) * (k + 1)), "beyond it drafting slows decoding"),
            ];
        });
}
