namespace Cluster.Engine.Cost.FirstOrder;

/// <summary>How many sequences fit beside the weights.</summary>
public static class Capacity
{
    public static double Sequences(double freeBytes, double bytesPerSequence) => freeBytes / bytesPerSequence;

    /// <summary>Heads are dealt to ranks; more ranks than heads hold copies, and a latent is held whole by each.</summary>
    private static readonly LawInput s_shares = new("kv-shares", "h", "ranks", "ranks that a token's KV can be split over: KV heads, 1 for a latent", 1024);

    public static Law Law { get; } = new(
        "capacity", "Concurrent sequences that fit in HBM.", "concurrent = (TP · HBM · u − W) ÷ (max(1, TP ÷ h)·(kv·s + kv_w·min(s, w)) + state)",
        "Kwon et al. 2023, PagedAttention, arXiv:2309.06180 §3; windows and states: vLLM, Hybrid KV Cache Manager",
        [Terms.Hbm, Terms.Utilization, Terms.Gpus, new("weight-bytes", "W", "B", "bytes of all weights"), .. SequenceKv.Inputs, s_shares, Terms.Context],
        n =>
        {
            var free = (n["tp"] * n["hbm"] * n["utilization"]) - n["weight-bytes"];
            var copies = Math.Max(1, n["tp"] / n["kv-shares"]);
            var sequence = (copies * (SequenceKv.Bytes(n, n["context"]) - n["state"])) + n["state"];
            return
            [
                new("concurrent", "sequences", Math.Max(0, Math.Floor(Sequences(free, sequence))), "at once, at this context"),
                new("free_bytes", "B", free, "left for KV; negative: the weights alone do not fit"),
                new("sequence_bytes", "B", sequence, "KV of one sequence, over all ranks"),
            ];
        })
    { Contradictions = SequenceKv.Contradictions };
}
