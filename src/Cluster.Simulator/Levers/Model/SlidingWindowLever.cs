using Cluster.Engine.Diagnosis;
using Cluster.Engine.Models;

namespace Cluster.Simulator.Levers.Model;

/// <summary>Counterfactual: most layers look back a window, as in Mistral-7B (4,096) and the hybrids after it.</summary>
internal sealed class SlidingWindowLever : ILever
{
    private const int Window = 4096;

    internal static ModelArchitecture Windowed(ModelArchitecture model) => model with
    {
        Name = $"{model.Name}-window",
        Layers = [.. model.Layers.SelectMany(g => g.Attention is { } a && g.Count >= 4
            ? new[] { g with { Count = g.Count / 4 }, g with { Count = g.Count - (g.Count / 4), Attention = a with { Window = Window } } }
            : [g])],
    };

    public string Name => "sliding-window-attention";

    public string Summary => $"three layers in four see the last {Window} tokens only";

    public Wall Moves => Wall.Capacity;

    public string Pays => "contexts far longer than the window";

    public string Trap => "what left the window is out of reach of those layers; short contexts gain nothing";

    public bool IsLossy => true;

    public LeverChange Apply(LeverContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (context.Model.Layers.Any(g => g.Attention is { Window: > 0 })) return LeverContext.No($"{context.Model.Name} has windows already");
        if (!context.Model.Layers.Any(g => g.Attention is not null && g.Count >= 4)) return LeverContext.No($"{context.Model.Name} has too few attention layers to split");
        if (context.MeanContextTokens <= Window) return LeverContext.No($"contexts of {context.MeanContextTokens:F0} tokens on average fit the window of {Window}");
        return new LeverChange.OtherModel(d => d with { Model = Windowed(d.Model) });
    }
}
