namespace Cluster.Engine.Cost.FirstOrder;

/// <summary>Tensor parallelism multiplies bandwidth until two all-reduces per layer eat the gain.</summary>
public static class TensorParallelStep
{
    /// <summary>One decode step: weights over TP ranks, and 2·L ring all-reduces of B·d activations.</summary>
    public static double Seconds(
        double weightBytes, double bandwidthBytesPerSecond, double tp, double layers, double activationBytes, double linkBytesPerSecond, double latencySeconds) =>
        weightBytes / (tp * bandwidthBytesPerSecond)
        + (tp <= 1 ? 0 : 2 * layers * (latencySeconds + 2 * (tp - 1) / tp * activationBytes / linkBytesPerSecond));

    public static Law Law { get; } = new(
        "tensor-parallel", "A decode step over TP GPUs, against one.",
        "t = W ÷ (TP·BW) + 2·L·(α + 2·(TP−1)/TP · B·d·b_a ÷ link)",
        "Shoeybi et al. 2019, Megatron-LM, arXiv:1909.08053 §3; ring all-reduce",
        [
            new("weight-bytes", "W", "B", "bytes of weights that a token reads", Min: 1) { Given = "active-weight-bytes" }, Terms.Bandwidth, Terms.Gpus with { Default = null }, Terms.Layers,
            new("hidden", "d", "", "hidden size", Min: 1) { Whole = true }, Terms.Batch, new("interconnect", "link", "B/s", "bandwidth between the GPUs, per direction", Min: 1e6),
            new("latency", "α", "s", "latency of one all-reduce", 7e-6),
        ],
        n =>
        {
            var activations = n["batch"] * n["hidden"] * 2;
            double Step(double tp) => Seconds(n["weight-bytes"], n["bandwidth"], tp, n["layers"], activations, n["interconnect"], n["latency"]);
            return
            [
                new("step_ms", "ms", 1000 * Step(n["tp"]), "one decode step"),
                new("speedup", "×", Step(1) / Step(n["tp"]), "against one GPU, were the model to fit it"),
                new("efficiency", "", Step(1) / Step(n["tp"]) / n["tp"], "speedup ÷ GPUs"),
            ];
        });
}
