namespace Cluster.Engine.Cost.FirstOrder;

/// <summary>Stages that wait for the first and the last micro-batch.</summary>
public static class PipelineBubble
{
    public static double Share(double stages, double microBatches) => (stages - 1) / (microBatches + stages - 1);

    public static Law Law { get; } = new(
        "pipeline-bubble", "Share of time that pipeline stages idle.", "bubble = (p − 1) ÷ (m + p − 1)",
        "Huang et al. 2018, GPipe, arXiv:1811.06965 §2.3",
        [new("stages", "p", "", "pipeline stages", Min: 1) { Whole = true }, new("micro-batches", "m", "", "micro-batches in flight", 1, 1) { Whole = true }],
        n => [new("bubble", "", Share(n["stages"], n["micro-batches"]), "idle share; latency is serial through the stages whatever m")]);
}
