using Cluster.Engine.Diagnosis;

namespace Cluster.Simulator.Levers.Runtime;

/// <summary>Launch a step at once instead of kernel by kernel.</summary>
internal sealed class CudaGraphsLever : ILever
{
    public string Name => "cuda-graphs";

    public string Summary => "replay decode steps from CUDA graphs";

    public Wall Moves => Wall.Host;

    public string Pays => "short steps: the host launches kernels slower than the GPU runs them";

    public string Trap => "graphs hold HBM that KV could use";

    public bool IsLossy => false;

    public LeverChange Apply(LeverContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return context.Any(i => !i.Deployment.CudaGraphs) ? context.InEveryPool(("engine.enforce_eager", "false")) : LeverContext.No("decode steps replay graphs");
    }
}
