using Cluster.Engine.Diagnosis;

namespace Cluster.Simulator.Levers.Topology;

/// <summary>Fewer, wider instances or more, narrower ones on the same GPUs.</summary>
internal sealed class TensorParallelLever(string name, double factor) : ILever
{
    private double Factor => factor;

    public string Name => name;

    public string Summary => $"tensor parallelism × {Factor}, the same GPUs";

    public Wall Moves => Wall.Bandwidth;

    public string Pays => factor > 1 ? "each user must be faster, or weights crowd out KV" : "all-reduces and host time eat what TP gains";

    public string Trap => factor > 1
        ? "two all-reduces per layer and token, and host time that does not shrink"
        : "every instance reads all weights and holds a copy of them";

    public bool IsLossy => false;

    public LeverChange Apply(LeverContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        foreach (var pool in context.Pools)
        {
            var (tp, instances) = (pool.Parallelism.Tp * factor, pool.Instances / factor);
            if (tp < 1) return LeverContext.No($"{pool.Name} has tp 1");
            if (instances < 1 || instances != Math.Floor(instances)) return LeverContext.No($"{pool.Instances} instance{(pool.Instances == 1 ? "" : "s")} of {pool.Name} cannot be merged two by two");
        }

        return context.InPools(p => LeverContext.Split(
            p.Parallelism with { Tp = (int)(p.Parallelism.Tp * factor), Ep = p.Parallelism.Ep > 1 ? (int)Math.Max(1, p.Parallelism.Ep * factor) : 1 }, (int)(p.Instances / factor)));
    }
}
