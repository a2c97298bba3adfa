using System.Collections.Immutable;
using Cluster.Engine.Cost;
using Cluster.Engine.Topology;

namespace Cluster.Scenarios.Resolving;

/// <summary>How many KV blocks an instance has, from where its HBM goes.</summary>
public static class KvSizing
{
    /// <summary>
    /// Blocks count the tokens of layers whose KV grows; what windows and states beside them hold comes from the same blocks (see
    /// <see cref="Groups"/>). A model whose layers are all windowed counts whole windows; one without any KV is bounded by its
    /// batch alone, which shrinks to the states that fit.
    /// </summary>
    /// <param name="blocksOverride">Blocks asked for whatever the HBM holds.</param>
    public static (SchedulerSpec Scheduler, long Blocks) Of(Deployment deployment, ResolvedEngine engine, MemoryPlan memory, long? blocksOverride)
    {
        var scheduler = engine.Scheduler;
        var fixedBytes = memory.StateBytesPerSequence;
        if (fixedBytes <= 0 || memory.KvBytesPerToken > 0) return (scheduler, blocksOverride ?? Blocks(memory.KvTokens, engine));
        var fitting = memory.KvBytes / fixedBytes;
        var bound = deployment.Model.Layers.Max(g => g.ContextBound);
        if (deployment.Model.Layers.All(g => g.StateSpace is null) && bound < int.MaxValue)
            return (scheduler, blocksOverride ?? Blocks((long)(fitting * bound) * memory.SequenceReplicas, engine));
        return (Shrunk(scheduler, (int)Math.Min(fitting, PerReplica(scheduler, memory)), memory), blocksOverride ?? Blocks(long.MaxValue, engine));
    }

    /// <summary>
    /// Layers that keep less than the full attention beside them, in pages of one of its blocks. Empty where there is no full
    /// attention, or where retention bounds it as well.
    /// </summary>
    /// <param name="withoutWindows">Windows keep every token; see <see cref="WithoutWindows"/>.</param>
    public static ImmutableArray<KvGroupSpec> Groups(Deployment deployment, MemoryPlan memory, int blockSize, bool withoutWindows = false)
    {
        ArgumentNullException.ThrowIfNull(deployment);
        ArgumentNullException.ThrowIfNull(memory);
        if (memory.KvBytesPerToken <= 0 || deployment.Retention is not null) return [];
        var (windows, stateBytes) = MemoryPlanner.FixedGroups(deployment);
        var groups = ImmutableArray.CreateBuilder<KvGroupSpec>();
        foreach (var (tokens, bytesPerToken) in withoutWindows ? [] : windows) groups.Add(new KvGroupSpec(KvGroupKind.Window, Pages(bytesPerToken / memory.KvBytesPerToken), tokens));
        if (stateBytes > 0) groups.Add(new KvGroupSpec(KvGroupKind.State, Pages(stateBytes / (memory.KvBytesPerToken * blockSize)), 0));
        return groups.ToImmutable();
    }

    /// <summary>The plan of an engine whose windowed layers keep all tokens, as if beside full attention there were nothing else: blocks of all layers.</summary>
    public static MemoryPlan WithoutWindows(Deployment deployment, MemoryPlan memory)
    {
        ArgumentNullException.ThrowIfNull(memory);
        if (memory.KvBytesPerToken <= 0) return memory;
        var (windows, stateBytes) = MemoryPlanner.FixedGroups(deployment);
        var share = 1 + (windows.Sum(w => w.BytesPerToken) / memory.KvBytesPerToken);
        return memory with
        {
            KvBytesPerToken = memory.KvBytesPerToken * share,
            InstanceKvBytesPerToken = memory.InstanceKvBytesPerToken * share,
            StateBytesPerSequence = stateBytes,
        };
    }

    private static int Pages(double share) => Math.Max(1, (int)Math.Ceiling(share - 1e-9));

    /// <summary>Whether every layer with KV keeps no more than this bound: then sequences stop growing there. Sparse attention reads less and keeps all.</summary>
    public static bool ForgetsBeyond(Deployment deployment, int boundTokens)
    {
        ArgumentNullException.ThrowIfNull(deployment);
        var retention = deployment.Retention?.ContextBound ?? int.MaxValue;
        return boundTokens < int.MaxValue && deployment.Model.Layers.Where(g => g.StateSpace is null)
            .All(g => Math.Min(retention, g.Attention is { Window: > 0 } windowed ? windowed.ContextBound : int.MaxValue) == boundTokens);
    }

    private static int PerReplica(SchedulerSpec scheduler, MemoryPlan memory) =>
        (scheduler.MaxNumSeqs + memory.SequenceReplicas - 1) / memory.SequenceReplicas;

    private static SchedulerSpec Shrunk(SchedulerSpec scheduler, int perReplica, MemoryPlan memory) =>
        scheduler with { MaxNumSeqs = Math.Min(scheduler.MaxNumSeqs, perReplica * memory.SequenceReplicas) };

    private static long Blocks(long tokens, ResolvedEngine engine) => Math.Min(tokens / engine.BlockSize, int.MaxValue);
}
