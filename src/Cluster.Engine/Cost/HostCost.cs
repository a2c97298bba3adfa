
namespace Cluster.Engine.Cost;

/// <summary>What the serving process adds to a step: scheduling, launches, sampling, output; part of it hides behind the GPU.</summary>
internal sealed class HostCost
{
    private readonly Deployment _deployment;
    private readonly double _kernels;

    public HostCost(Deployment deployment)
    {
        _deployment = deployment;
        // Launches per layer: two mixer GEMMs, attention, two MLP GEMMs, four elementwise; six more unfused.
        _kernels = deployment.Model.LayerCount * (deployment.Fusion ? 9.0 : 15.0);
    }

    /// <summary>Exposed host seconds of a step whose kernels take <paramref name="gpuSeconds"/>.</summary>
    public double ExposedSeconds(in StepShape shape, double gpuSeconds)
    {
        var engine = _deployment.Engine;
        double sequences = shape.DecodeSequences + shape.PrefillSequences;
        var slowdown = _deployment.Gpu.HostSlowdown;
        var host = slowdown * (engine.StepHostSeconds + (sequences * engine.SequenceHostSeconds) + (shape.PrefillTokens * engine.PromptTokenHostSeconds));
        var exposed = Math.Max(0, host - (engine.HostOverlap * gpuSeconds));
        var eager = !_deployment.CudaGraphs || shape.TotalTokens > engine.MaxGraphTokens;
        return eager ? exposed + Math.Max(0, (_kernels * engine.LaunchSeconds * slowdown) - gpuSeconds) : exposed;
    }
}
