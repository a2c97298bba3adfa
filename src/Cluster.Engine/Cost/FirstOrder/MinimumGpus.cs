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
        "minimum-gpus", "Smallest TP·PP that holds the model and its KV.", "smallest n = 1, 2, 4 … with (W + kv·s·B) ÷ n + overhead ≤ HBM · u",
        "bookkeeping",
        [
            new("weight-bytes", "W", "B", "bytes of all weights", Min: 1), Terms.KvPerToken, Terms.Context, Terms.Batch with { Meaning = "sequences at once" },
            new("hbm", "HBM", "B", "memory of one GPU", Min: 1), new("utilization", "u", "", "share of it the engine claims", 0.9, 0.01, 1),
            new("overhead", "overhead", "B", "activations and graphs on each GPU", 3e9),
        ],
        n =>
        {
            var kv = n["kv-per-token"] * n["context"] * n["batch"];
            return
            [
                new("gpus", "GPUs", Gpus(n["weight-bytes"], kv, n["overhead"], n["hbm"], n["utilization"]), "0: more than 4096"),
                new("weights_only", "GPUs", Gpus(n["weight-bytes"], 0, n["overhead"], n["hbm"], n["utilization"]), "without any KV"),
                new("kv_bytes", "B", kv, "KV of the target concurrency"),
            ];
        });
}
