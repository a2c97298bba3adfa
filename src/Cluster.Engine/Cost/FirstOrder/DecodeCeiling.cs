namespace Cluster.Engine.Cost.FirstOrder;

/// <summary>One sequence decodes no faster than its weights stream from HBM.</summary>
public static class DecodeCeiling
{
    public static double TokensPerSecond(double bandwidthBytesPerSecond, double activeParameters, double bytesPerWeight, double gpus = 1) =>
        gpus * bandwidthBytesPerSecond / (activeParameters * bytesPerWeight);

    public static Law Law { get; } = new(
        "decode-ceiling", "Most tokens per second of one sequence.", "tokens/s = TP · BW ÷ (N_active · b_w)",
        "Pope et al. 2022, Efficiently scaling transformer inference, arXiv:2211.05102 §2",
        [Terms.Bandwidth, Terms.ActiveParameters, Terms.BytesPerWeight with { Given = "active-bytes-per-weight" }, Terms.Gpus],
        n =>
        {
            var rate = TokensPerSecond(n["bandwidth"], n["active-params"], n["bytes-per-weight"], n["tp"]);
            return [new("tokens_per_second", "tokens/s", rate, "ceiling of one sequence"), new("ms_per_token", "ms", 1000 / rate, "the same, as time per token")];
        });
}
