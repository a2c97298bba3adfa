using Cluster.Engine.Diagnosis;
using Cluster.Engine.Models;

namespace Cluster.Simulator.Levers.Memory;

/// <summary>Weights in fewer bits: fewer bytes per decode step, more HBM left for KV.</summary>
internal sealed class WeightFormatLever(NumberFormat format) : ILever
{
    public string Name => $"{NumberFormats.Name(format)}-weights";

    public string Summary => $"store weights in {NumberFormats.Name(format)}";

    public Wall Moves => Wall.Bandwidth;

    public string Pays => "decode bound by bandwidth; tight HBM";

    public string Trap => NumberFormats.IsWeightOnly(format)
        ? "dequantisation: weights are unpacked to 16 bits, so prefill computes no faster than bf16"
        : "prefill bound by compute gains only where the GPU computes in this format";

    public bool IsLossy => true;

    public LeverChange Apply(LeverContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (!context.Any(i => NumberFormats.Bits(i.Deployment.Weights) > NumberFormats.Bits(format)))
            return LeverContext.No($"weights are in {NumberFormats.Name(context.Resolved.Cluster.Instances[0].Deployment.Weights)} already");
        if (context.Resolved.Cluster.Instances.FirstOrDefault(i => !i.Deployment.Engine.WeightFormats.Contains(format)) is { } lacking)
            return LeverContext.No($"engine profile {lacking.Deployment.Engine.Name} does not offer {NumberFormats.Name(format)} weights");
        if (!NumberFormats.IsWeightOnly(format) && NumberFormats.Bits(format) < 8 && context.Any(i => i.Deployment.Gpu.ComputeFormat(format) != format))
            return LeverContext.No($"{context.Resolved.Cluster.Instances[0].Deployment.Gpu.Name} does not compute in {NumberFormats.Name(format)}");
        return context.InEveryPool(("weights", NumberFormats.Name(format)));
    }
}
