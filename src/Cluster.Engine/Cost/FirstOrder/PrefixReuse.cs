namespace Cluster.Engine.Cost.FirstOrder;

/// <summary>Prompt tokens that a prefix cache need not compute again.</summary>
public static class PrefixReuse
{
    /// <summary>Whole blocks of the shared part; at least the last token of a prompt is always computed.</summary>
    public static double CachedTokens(double sharedTokens, double promptTokens, double blockTokens) =>
        Math.Floor(Math.Min(sharedTokens, promptTokens - 1) / blockTokens) * blockTokens;

    public static Law Law { get; } = new(
        "prefix-reuse", "Prefill work that a shared prefix saves.", "cached = ⌊min(f·s, s − 1) ÷ b⌋ · b; gain = s ÷ (s − cached)",
        "Kwon et al. 2023, PagedAttention, arXiv:2309.06180 §4.4; Zheng et al. 2024, SGLang, arXiv:2312.07104 §3; whole blocks: vLLM",
        [
            new("shared", "f", "", "share of the prompt that is in cache", Min: 0, Max: 1), Terms.Context with { Name = "tokens", Meaning = "prompt length" },
            new("block", "b", "tokens", "tokens per block; 1: SGLang's radix cache", 16, 1) { Whole = true },
        ],
        n =>
        {
            var cached = CachedTokens(n["shared"] * n["tokens"], n["tokens"], n["block"]);
            return
            [
                new("gain", "×", n["tokens"] / (n["tokens"] - cached), "less prefill; decoding gains nothing"),
                new("cached", "tokens", cached, "of the prompt, in whole blocks"),
                new("computed", "tokens", n["tokens"] - cached, "what is left to do"),
            ];
        });
}
