using Cluster.Engine.Diagnosis;
using Cluster.Engine.Models;

namespace Cluster.Simulator.Levers.Model;

/// <summary>Counterfactual: MLA with the latent of DeepSeek-V2 (rank 512, 64 rotary; arXiv:2405.04434 §3.1.2).</summary>
internal sealed class LatentAttentionLever : ILever
{
    internal static ModelArchitecture Latent(ModelArchitecture model) => model with
    {
        Name = $"{model.Name}-mla",
        Layers = [.. model.Layers.Select(g => g.Attention is { Window: 0 } a
            ? g with { Attention = null, Mla = new MlaShape(a.QueryHeads, 0, 512, a.HeadSize, 64, a.HeadSize) }
            : g)],
    };

    public string Name => "latent-attention";

    public string Summary => "keep one compressed latent instead of keys and values";

    public Wall Moves => Wall.Capacity;

    public string Pays => "long contexts at high concurrency";

    public string Trap => "the latent is not split over TP ranks: each holds it whole";

    public bool IsLossy => true;

    public LeverChange Apply(LeverContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (!context.Model.Layers.Any(g => g.Attention is { Window: 0 })) return LeverContext.No($"{context.Model.Name} has no full attention to replace");
        return new LeverChange.OtherModel(d => d with { Model = Latent(d.Model) });
    }
}
