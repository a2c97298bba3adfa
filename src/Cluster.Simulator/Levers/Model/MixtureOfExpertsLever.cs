using Cluster.Engine.Diagnosis;
using Cluster.Engine.Models;

namespace Cluster.Simulator.Levers.Model;

/// <summary>Counterfactual: the model's MLPs cut into experts, total unchanged.</summary>
internal sealed class MixtureOfExpertsLever : ILever
{
    private const int Experts = 8;
    private const int Active = 2;

    internal static ModelArchitecture Split(ModelArchitecture model) => model with
    {
        Name = $"{model.Name}-moe",
        Layers = [.. model.Layers.Select(g => g.Mlp is { } mlp ? g with { Mlp = null, Moe = new MoeShape(Experts, Active, mlp.Size / Experts) { Gated = mlp.Gated } } : g)],
    };

    public string Name => "mixture-of-experts";

    public string Summary => $"the same parameters as {Experts} experts of which a token visits {Active}";

    public Wall Moves => Wall.Compute;

    public string Pays => "compute or bandwidth per token is the limit and HBM is not";

    public string Trap => "all experts stay in HBM; a large batch touches them all, so bandwidth is saved at small batches only";

    public bool IsLossy => true;

    public LeverChange Apply(LeverContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (context.Model.IsMoe) return LeverContext.No($"{context.Model.Name} is a mixture already");
        if (context.Model.Layers.All(g => g.Mlp is null)) return LeverContext.No($"{context.Model.Name} has no MLPs to split");
        return new LeverChange.OtherModel(d => d with { Model = Split(d.Model) });
    }
}
