namespace Cluster.Engine.Cost.FirstOrder;

/// <summary>The smallest group whose HBM holds weights, activations and the KV of a target concurrency.</summary>
public static class MinimumGpus
{
    /// <summary>Powers of two, because tensor-parallel degrees are; 0 when no group up to 4096 suffices.</summary>
    public static int Gpus(double weightBytes, double kvBytes, double overheadBytesPerGpu, double hbmBytes, double utilization)
    {
        for (var gpus = 1; gpus <= 4096; gpus *= 2)
        {
            if ((weightBytes + kvBytes) / gpus + overheadBytesPerGpu <= hbmBytes * utilization) return gpus;
        }

        return 0;
    }

    public static Law Law { get; } = new(
        "minimum-gpus", "Smallest TP·PP that holds the model and its KV.", $"smallest n = 1, 2, 4 … with (W + B·({SequenceKv.Formula})) ÷ n + overhead ≤ HBM · u",
        "Kwon et al. 2023, PagedAttention, arXiv:2309.06180 §3: weights, activations and KV share the memory",
        [
            new("weight-bytes", "W", "B", "bytes of all weights", Min: 1), .. SequenceKv.Inputs, Terms.Context, Terms.Batch with { Meaning = "sequences at once" },
            Terms.Hbm, Terms.Utilization,
            new("overhead", "overhead", "B", "activations and graphs on each GPU", 3e9),
        ],
        n =>
        {
            var kv = SequenceKv.Bytes(n, n["context"]) * n["batch"];
            return
            [
                new("gpus", "GPUs", Gpus(n["weight-bytes"], kv, n["overhead"], n["hbm"], n["utilization"]), "0: more than 4096"),
                new("weights_only", "GPUs", Gpus(n["weight-bytes"], 0, n["overhead"], n["hbm"], n["utilization"]), "without any KV"),
                new("kv_bytes", "B", kv, "KV of the target concurrency"),
            ];
        });
}
