using Cluster.Engine.Diagnosis;

namespace Cluster.Simulator.Levers.Runtime;

/// <summary>Trade TTFT against the TPOT tail by the tokens a step may take.</summary>
internal sealed class TokenBudgetLever(string name, double factor) : ILever
{
    /// <summary>Below this many tokens a step's GEMMs are bound by weights, not by tokens: the budget buys nothing more.</summary>
    private const int Least = 256;

    private double Factor => factor;

    private long Budget(LeverContext context, Cluster.Scenarios.Sections.PoolSection pool) =>
        (long)(context.InstanceOf(pool).Scheduler.MaxNumBatchedTokens * factor);

    public string Name => name;

    public string Summary => $"token budget of a step × {Factor}";

    public Wall Moves => Wall.Contention;

    public string Pays => factor < 1 ? "prompts delay the decodes beside them" : "prompts queue for budget while decodes have time to spare";

    public string Trap => factor < 1
        ? "prompts are spread over more steps, so TTFT rises"
        : "the step that carries decodes grows longer, so the TPOT tail rises";

    public bool IsLossy => false;

    public LeverChange Apply(LeverContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        var pools = context.Pools.Where(p => p.Role != Cluster.Engine.Topology.InstanceRole.Decode || !context.IsDisaggregated).ToList();
        var smallest = pools.Min(p => Budget(context, p));
        if (smallest < Least) return LeverContext.No($"a budget of {smallest} tokens is below the {Least} that a GEMM needs to be efficient");
        return context.InPools(p => pools.Contains(p) ? [("engine.max_num_batched_tokens", LeverContext.Number(Budget(context, p)))] : []);
    }
}
