using Cluster.Engine.Models;

namespace Cluster.Engine.Cost;

/// <summary>What the serving process adds to a step: scheduling, launches, sampling, output; part of it hides behind the GPU.</summary>
internal sealed class HostCost
{
    private readonly Deployment _deployment;
    private readonly double _kernels;

    public HostCost(Deployment deployment)
    {
        _deployment = deployment;
        foreach (var layer in deployment.Model.Layers) _kernels += layer.Count * KernelsOf(layer, deployment.Fusion);
    }

    /// <summary>
    /// Launches of a layer. Two mixer GEMMs, attention, two MLP GEMMs and four elementwise; six more unfused. Latent attention: four
    /// products and five elementwise more. Norms over all heads at once: their kernels and the sum over ranks between them. Experts: router, top-k, sort, two quantisations, two
    /// grouped products and the combination for the MLP's two; three more for shared ones.
    /// </summary>
    private static double KernelsOf(LayerGroup layer, bool fused) =>
        (fused ? 9.0 : 15.0) + (layer.Attention is { NormAcrossHeads: true } ? ElementwiseCost.JointNormKernels + 1 : 0)
        + (layer.Mla is null ? 0 : 5) + (layer.Moe is null ? 0 : 6 + (layer.Moe.SharedSize > 0 ? 3 : 0));

    /// <summary>Exposed host seconds of a step whose kernels take <paramref name="gpuSeconds"/>.</summary>
    public double ExposedSeconds(in StepShape shape, double gpuSeconds)
    {
        var engine = _deployment.Engine;
        double sequences = shape.DecodeSequences + shape.PrefillSequences;
        var slowdown = _deployment.Gpu.HostSlowdown;
        var host = slowdown * (engine.StepHostSeconds + (sequences * engine.SequenceHostSeconds) + ((shape.PrefillTokens + shape.ReceivedTokens) * engine.PromptTokenHostSeconds));
        // Before each step replicas tell each other what they bring: nobody's kernels start before the last has.
        if (_deployment.Parallelism.Dp > 1) host += slowdown * engine.ReplicaStepHostSeconds;
        var exposed = Math.Max(0, host - (engine.HostOverlap * gpuSeconds));
        var eager = !_deployment.CudaGraphs || shape.TotalTokens > engine.MaxGraphTokens;
        return eager ? exposed + Math.Max(0, (_kernels * engine.LaunchSeconds * slowdown) - gpuSeconds) : exposed;
    }
}
