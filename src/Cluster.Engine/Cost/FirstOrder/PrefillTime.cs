namespace Cluster.Engine.Cost.FirstOrder;

/// <summary>FLOPs of a prompt: projections linear in its length, attention quadratic.</summary>
public static class PrefillTime
{
    /// <summary>2·N_active·s.</summary>
    public static double LinearFlops(double activeParameters, double tokens) => 2 * activeParameters * tokens;

    /// <summary>4·L·H·d_h for each query–key pair: scores and values; causal masking leaves s·(s+1)/2 of the s² pairs.</summary>
    public static double AttentionFlops(double layers, double queryHeads, double headSize, double tokens) =>
        4 * layers * queryHeads * headSize * tokens * (tokens + 1) / 2;

    public static Law Law { get; } = new(
        "prefill-time", "Time to compute a prompt.", "t = (2·N_active·s + 4·L·H·d_h·s·(s+1)/2) ÷ (TP · P · MFU)",
        "Kaplan et al. 2020, arXiv:2001.08361 §2.1, with the attention term",
        [
            Terms.ActiveParameters, Terms.AttentionLayers, Terms.QueryHeads, Terms.HeadSize, Terms.Context with { Name = "tokens", Meaning = "prompt length" },
            Terms.PeakFlops, Terms.Gpus, new("mfu", "MFU", "", "share of peak that is reached", 0.5, 0.001, 1),
        ],
        n =>
        {
            var (linear, attention) = (LinearFlops(n["active-params"], n["tokens"]), AttentionFlops(n["layers"], n["query-heads"], n["head-size"], n["tokens"]));
            return
            [
                new("seconds", "s", (linear + attention) / (n["tp"] * n["peak-flops"] * n["mfu"]), "without queueing or host time"),
                new("linear_flops", "FLOP", linear, "projections and MLP"),
                new("attention_flops", "FLOP", attention, "scores and values, causal; windows counted whole"),
            ];
        });
}
