using Cluster.Engine.Diagnosis;

namespace Cluster.Simulator.Levers.Runtime;

/// <summary>One launch and one trip to HBM instead of several.</summary>
internal sealed class FusionLever : ILever
{
    public string Name => "kernel-fusion";

    public string Summary => "fuse norms and activations into their neighbours";

    public Wall Moves => Wall.Host;

    public string Pays => "many small operators: short steps, small batches";

    public string Trap => "none known";

    public bool IsLossy => false;

    public LeverChange Apply(LeverContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return context.Any(i => !i.Deployment.Fusion) ? context.InEveryPool(("engine.fusion", "true")) : LeverContext.No("kernels are fused");
    }
}
