using System.Collections.Immutable;
using Cluster.Engine.Cost;
using Cluster.Engine.Hardware;

namespace Cluster.Engine.Topology;

/// <summary>One engine instance, resolved: everything the state machine and its reports need.</summary>
/// <param name="Name">Unique in the cluster, e.g. <c>prefill-0</c>.</param>
/// <param name="Pool">The instances it was declared with, e.g. <c>prefill</c>.</param>
/// <param name="Cost">Prices its steps.</param>
/// <param name="Memory">Where its HBM goes.</param>
public sealed record InstanceSpec(
    string Name,
    string Pool,
    InstanceRole Role,
    Deployment Deployment,
    SchedulerSpec Scheduler,
    KvCacheSpec Kv,
    IStepCostModel Cost,
    MemoryPlan Memory)
{
    /// <summary>Tokens that a step takes: the token budget once for each micro-batch that pipeline stages work on at a time.</summary>
    public int StepTokenBudget => Scheduler.MaxNumBatchedTokens * Deployment.Parallelism.Pp;

    /// <summary>See <see cref="StepShape.MicroBatchTokens"/>.</summary>
    public int MicroBatchTokens => Scheduler.EnableChunkedPrefill ? Scheduler.MaxNumBatchedTokens : 0;

    /// <summary>Seeds what is random inside the instance; the run's.</summary>
    public ulong Seed { get; init; }

    /// <summary>How long its model takes to load when it is built anew on other ranks.</summary>
    public long ModelLoadNs { get; init; }

    /// <summary>Works out what it is on other ranks; null: it runs on these and no others.</summary>
    public Func<Parallelism, Reshaped>? Reshape { get; init; }

    /// <summary>The same instance on other ranks, or why there is none.</summary>
    public Reshaped On(Parallelism parallelism)
    {
        if (parallelism == Deployment.Parallelism) return new Reshaped(this, []);
        if (Reshape is null) return new Reshaped(null, [$"{Name} cannot run on other ranks than it has."]);
        var reshaped = Reshape(parallelism);
        return reshaped.Instance is { } instance ? reshaped with { Instance = instance with { Name = Name, Reshape = Reshape } } : reshaped;
    }
}

/// <summary>An instance on other ranks.</summary>
/// <param name="Instance">Null: it cannot be.</param>
/// <param name="Reasons">Why it cannot, all at once, for a person to read.</param>
public sealed record Reshaped(InstanceSpec? Instance, ImmutableArray<string> Reasons);
