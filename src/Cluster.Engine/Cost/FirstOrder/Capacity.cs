namespace Cluster.Engine.Cost.FirstOrder;

/// <summary>How many sequences fit beside the weights.</summary>
public static class Capacity
{
    public static double Sequences(double freeBytes, double kvBytesPerToken, double context) => freeBytes / (kvBytesPerToken * context);

    public static Law Law { get; } = new(
        "capacity", "Concurrent sequences that fit in HBM.", "concurrent = (TP · HBM · u − W) ÷ (kv · s)",
        "Kwon et al. 2023, PagedAttention, arXiv:2309.06180 §3",
        [
            new("hbm", "HBM", "B", "memory of one GPU", Min: 1), new("utilization", "u", "", "share of it the engine claims", 0.9, 0.01, 1),
            Terms.Gpus, new("weight-bytes", "W", "B", "bytes of all weights"), Terms.KvPerToken with { Min = 1 }, Terms.Context,
        ],
        n =>
        {
            var free = n["tp"] * n["hbm"] * n["utilization"] - n["weight-bytes"];
            return
            [
                new("concurrent", "sequences", Math.Max(0, Math.Floor(Sequences(free, n["kv-per-token"], n["context"]))), "at once, at this context"),
                new("free_bytes", "B", free, "left for KV; negative: the weights alone do not fit"),
                new("kv_tokens", "tokens", Math.Max(0, Math.Floor(free / n["kv-per-token"])), "of KV in all"),
            ];
        });
}
