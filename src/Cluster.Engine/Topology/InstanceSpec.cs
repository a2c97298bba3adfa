using Cluster.Engine.Cost;

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
    /// <summary>Seeds what is random inside the instance; the run's.</summary>
    public ulong Seed { get; init; }
}
