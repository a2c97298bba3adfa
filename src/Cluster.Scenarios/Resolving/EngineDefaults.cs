using Cluster.Engine.Hardware;
using Cluster.Engine.Topology;
using Cluster.Scenarios.Catalogs;
using Cluster.Scenarios.Sections;

namespace Cluster.Scenarios.Resolving;

/// <summary>
/// Fills in what a scenario leaves open: limits, block size and utilisation are the engine profile's on the GPU;
/// static batching, the baseline before Orca, takes whole prompts into a fixed batch, reserves ahead and reuses nothing.
/// </summary>
public static class EngineDefaults
{
    /// <summary>
    /// The engine's settings with every null replaced. Limits that the scenario sets are the instance's; an engine's own default is each attention
    /// replica's, so an instance has as many of them as replicas, as in validation.
    /// </summary>
    public static ResolvedEngine Resolve(EngineSection engine, EngineProfile profile, GpuProfile gpu, int replicas)
    {
        ArgumentNullException.ThrowIfNull(engine);
        ArgumentNullException.ThrowIfNull(profile);
        var own = Catalog.DefaultScheduler(profile, gpu);
        var policy = engine.Policy ?? own.Policy;
        var isStatic = policy == "static";
        var scheduler = new SchedulerSpec(policy, engine.MaxNumSeqs ?? own.MaxNumSeqs * replicas, engine.MaxNumBatchedTokens ?? own.MaxNumBatchedTokens * replicas)
        {
            EnableChunkedPrefill = engine.EnableChunkedPrefill ?? !isStatic,
            OverlapScheduling = engine.OverlapScheduling ?? (own.OverlapScheduling && !isStatic),
            LongPrefillTokenThreshold = engine.LongPrefillTokenThreshold,
            PriorityOrder = engine.Priority,
            Dials = engine.Dials,
        };
        return new ResolvedEngine(
            scheduler,
            engine.BlockSize ?? profile.BlockSize,
            engine.GpuMemoryUtilization ?? profile.GpuMemoryUtilization,
            engine.EnablePrefixCaching ?? !isStatic,
            engine.ContiguousReservation ?? isStatic);
    }
}

/// <summary>An engine's settings, none left open.</summary>
public sealed record ResolvedEngine(
    SchedulerSpec Scheduler, int BlockSize, double GpuMemoryUtilization, bool EnablePrefixCaching, bool ContiguousReservation);
