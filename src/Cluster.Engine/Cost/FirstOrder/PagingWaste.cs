namespace Cluster.Engine.Cost.FirstOrder;

/// <summary>KV memory reserved but never written: contiguous reservation against blocks.</summary>
public static class PagingWaste
{
    public static double Contiguous(double meanTokens, double reservedTokens) => 1 - meanTokens / reservedTokens;

    /// <summary>Half a block on average at the end of each sequence.</summary>
    public static double Paged(double meanTokens, double blockTokens) => (blockTokens - 1) / 2 / (meanTokens + (blockTokens - 1) / 2);

    public static Law Law { get; } = new(
        "paging", "KV memory wasted by reserving ahead, and by paging.", "contiguous = 1 − s/s_max; paged = (b−1)/2 ÷ (s + (b−1)/2)",
        "Kwon et al. 2023, PagedAttention, arXiv:2309.06180 §3.1 (60–80 % against under 4 %)",
        [
            new("mean-tokens", "s", "tokens", "mean length that sequences reach", Min: 1), new("reserved-tokens", "s_max", "tokens", "length reserved for each", 2048, 1),
            new("block", "b", "tokens", "tokens per block", 16, 1) { Whole = true },
        ],
        n =>
        [
            new("contiguous_waste", "", Contiguous(n["mean-tokens"], n["reserved-tokens"]), "share of reserved memory never written"),
            new("paged_waste", "", Paged(n["mean-tokens"], n["block"]), "the same with blocks"),
        ])
    {
        Contradictions = n => n["mean-tokens"] <= n["reserved-tokens"] ? [] : [FormattableString.Invariant($"mean-tokens is {n["mean-tokens"]}; sequences cannot reach more than is reserved for each (reserved-tokens {n["reserved-tokens"]})")],
    };
}
