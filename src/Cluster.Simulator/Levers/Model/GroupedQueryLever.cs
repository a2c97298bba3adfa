using Cluster.Engine.Diagnosis;
using Cluster.Engine.Models;

namespace Cluster.Simulator.Levers.Model;

/// <summary>Counterfactual: GQA with eight KV heads (arXiv:2305.13245), as Llama-3 and Mistral have.</summary>
internal sealed class GroupedQueryLever : ILever
{
    private const int KvHeads = 8;

    internal static ModelArchitecture Grouped(ModelArchitecture model) => model with
    {
        Name = $"{model.Name}-gqa",
        Layers = [.. model.Layers.Select(g => g.Attention is { } a && a.KvHeads > KvHeads ? g with { Attention = a with { KvHeads = KvHeads } } : g)],
    };

    public string Name => "grouped-query-attention";

    public string Summary => $"groups of query heads share K and V: {KvHeads} KV heads";

    public Wall Moves => Wall.Capacity;

    public string Pays => "KV limits the batch or outweighs weights";

    public string Trap => "fewer KV heads than TP ranks are copied, not split";

    public bool IsLossy => true;

    public LeverChange Apply(LeverContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (!context.Model.Layers.Any(g => g.Attention is { } a && a.KvHeads > KvHeads)) return LeverContext.No($"{context.Model.Name} has {KvHeads} KV heads or fewer, or no such heads");
        return new LeverChange.OtherModel(d => d with { Model = Grouped(d.Model) });
    }
}
