namespace Cluster.Engine.Cost.FirstOrder;

/// <summary>How many sequences fit beside the weights.</summary>
public static class Capacity
{
    public static double Sequences(double freeBytes, double bytesPerSequence) => freeBytes / bytesPerSequence;

    public static Law Law { get; } = new(
        "capacity", "Concurrent sequences that fit in HBM.", $"concurrent = (TP · HBM · u − W) ÷ ({SequenceKv.Formula})",
        "Kwon et al. 2023, PagedAttention, arXiv:2309.06180 §3; windows and states: vLLM, Hybrid KV Cache Manager",
        [Terms.Hbm, Terms.Utilization, Terms.Gpus, new("weight-bytes", "W", "B", "bytes of all weights"), .. SequenceKv.Inputs, Terms.Context],
        n =>
        {
            var free = (n["tp"] * n["hbm"] * n["utilization"]) - n["weight-bytes"];
            var sequence = SequenceKv.Bytes(n, n["context"]);
            return
            [
                new("concurrent", "sequences", Math.Max(0, Math.Floor(Sequences(free, sequence))), "at once, at this context"),
                new("free_bytes", "B", free, "left for KV; negative: the weights alone do not fit"),
                new("sequence_bytes", "B", sequence, "KV of one sequence"),
            ];
        })
    { Contradictions = SequenceKv.Contradictions };
}
