namespace Cluster.Engine.Cost.FirstOrder;

/// <summary>The prompt length at which attention costs as much as everything else.</summary>
public static class AttentionCrossover
{
    /// <summary>Causal: 2·N·s = 2·L·H·d_h·s².</summary>
    public static double Tokens(double activeParameters, double layers, double queryHeads, double headSize) =>
        activeParameters / (layers * queryHeads * headSize);

    public static Law Law { get; } = new(
        "attention-crossover", "Prompt length at which attention FLOPs equal the rest.", "2·N_active·s = 4·L·H·d_h·s²/2, so s = N_active ÷ (L · H · d_h)",
        "Kaplan et al. 2020, arXiv:2001.08361 §2.1, with the attention term: both sides of prefill-time",
        [Terms.ActiveParameters, Terms.AttentionLayers, Terms.QueryHeads, Terms.HeadSize],
        n =>
        {
            var tokens = Tokens(n["active-params"], n["layers"], n["query-heads"], n["head-size"]);
            return [new("tokens", "tokens", tokens, "causal attention"), new("tokens_without_mask", "tokens", tokens / 2, "every query sees every key")];
        });
}
