using Cluster.Engine.Cost;
using Cluster.Engine.Topology;
using Cluster.Engine.Units;
using Cluster.Scenarios.Catalogs;
using Cluster.Scenarios.Sections;

namespace Cluster.Scenarios.Resolving;

/// <summary>One pool → its instances, or the reasons why it cannot be built, with the numbers.</summary>
internal static class PoolResolver
{
    public static IReadOnlyList<InstanceSpec>? Resolve(ScenarioVariant variant, PoolSection pool, Catalog catalog)
    {
        var (built, reasons) = Build(pool, catalog, variant.Seed);
        // One reason per key: a degree that does not divide one count seldom divides the next.
        foreach (var reason in reasons.DistinctBy(r => KeyOf(r) ?? r)) Add(variant, pool, reason);
        return built is null
            ? null
            : [.. Enumerable.Range(0, AutoscaleResolver.Most(variant, pool.Name, pool.Instances)).Select(i => built with { Name = $"{pool.Name}-{i}" })];
    }

    /// <summary>An instance of the pool, or why there can be none.</summary>
    private static Reshaped Build(PoolSection pool, Catalog catalog, ulong seed)
    {
        var model = catalog.FindModel(pool.Model)!;
        var gpu = catalog.FindGpu(pool.Gpu)!;
        var profile = catalog.Engines[pool.Engine.Profile];
        if (pool.Engine.FrontEndNs is { } frontEndNs) profile = profile with { RequestHostSeconds = Time.ToSeconds(frontEndNs), RequestTokenHostSeconds = 0 };
        var engine = EngineDefaults.Resolve(pool.Engine, profile, gpu, pool.Parallelism.Dp);
        var deployment = new Deployment(model, gpu, pool.Parallelism, pool.Weights, pool.Kv)
        {
            Engine = profile,
            ExpertWeights = pool.ExpertWeights,
            States = pool.Engine.MambaSsmCacheDtype,
            RoutingSkew = pool.Engine.RoutingSkew,
            RedundantExperts = pool.Engine.RedundantExperts,
            Fusion = pool.Engine.Fusion,
            CudaGraphs = pool.Engine.CudaGraphs,
            TwoBatchOverlap = pool.Engine.TwoBatchOverlap,
            Speculation = pool.Engine.Speculative,
            Retention = pool.Engine.Retention,
        };
        var reasons = DeploymentRules.CheckFit(deployment, engine.Scheduler, engine.GpuMemoryUtilization);
        if (reasons.Count > 0) return new Reshaped(null, [.. reasons]);
        var (cost, memory) = Catalog.Price(deployment, engine.Scheduler, engine.GpuMemoryUtilization);
        if (pool.Engine.DisableHybridKvCacheManager) memory = KvSizing.WithoutWindows(deployment, memory);
        var (scheduler, blocks) = KvSizing.Of(deployment, engine, memory, pool.Engine.NumGpuBlocksOverride);
        if (blocks < 1)
            return new Reshaped(null, [$"Less than one block of {engine.BlockSize} tokens of KV fits beside {model.Name}. Raise tp or pp, or choose a narrower weight format."]);

        var groups = KvSizing.Groups(deployment, memory, engine.BlockSize, pool.Engine.DisableHybridKvCacheManager);
        var kv = new KvCacheSpec(engine.BlockSize, blocks)
        {
            EnablePrefixCaching = engine.EnablePrefixCaching,
            CopyOnPartialReuse = pool.Engine.CopyOnPartialReuse,
            ContiguousReservation = engine.ContiguousReservation,
            MaxModelLen = pool.Engine.MaxModelLen ?? model.ContextLength,
            ForgetsBeyondBound = KvSizing.ForgetsBeyond(deployment, cost.BoundedContextTokens),
            Groups = groups,
            Eviction = pool.Engine.Eviction,
            // What windows and states need to go on from a block lies in a tier beside it.
            Tiers = [.. pool.Engine.KvTiers.Select(t => Tier(t, pool, catalog, engine.BlockSize * memory.InstanceKvBytesPerToken * (1 + groups.Where(g => g.Kind == KvGroupKind.Window).Sum(g => g.Pages))))],
        };
        return new Reshaped(
            new InstanceSpec(pool.Name, pool.Name, pool.Role, deployment, scheduler, kv, cost, memory)
            {
                Seed = seed,
                ModelLoadNs = pool.Engine.ModelLoadNs ?? WeightsFromDiskNs(memory, pool, catalog),
                Reshape = parallelism => Build(pool with { Parallelism = parallelism }, catalog, seed),
            },
            []);
    }

    /// <summary>What each GPU holds, one after the other: the disk is one for the instance.</summary>
    private static long WeightsFromDiskNs(MemoryPlan memory, PoolSection pool, Catalog catalog)
    {
        var (disk, bytes) = (catalog.Links["nvme"], memory.WeightBytes * pool.Parallelism.Gpus);
        return Time.FromSeconds(disk.SetupSeconds + bytes / disk.EffectiveBytesPerSecond(bytes));
    }

    /// <summary>Every GPU has its own way to host memory; what lies behind that is one for the instance.</summary>
    private static KvTierSpec Tier(KvTierSection tier, PoolSection pool, Catalog catalog, double bytesPerBlock)
    {
        var link = catalog.Links[tier.Link];
        if (tier.Kind == KvTierKind.Host) link = link with { BytesPerSecond = link.BytesPerSecond * pool.Parallelism.Gpus };
        return new KvTierSpec(tier.Kind, Math.Max(1, (long)(tier.CapacityBytes / bytesPerBlock)), bytesPerBlock, link) { Concurrency = tier.Concurrency, StoreBytesPerSecond = tier.StoreBytesPerSecond };
    }

    private static void Add(ScenarioVariant variant, PoolSection pool, string reason)
    {
        var key = KeyOf(reason) is { } word ? $"{pool.Path}.{word}" : pool.Path;
        variant.Places.Add(new ScenarioError(variant.Places.At(key), key, reason));
    }

    /// <summary>The key that a reason begins with, e.g. <c>tp 3 does not divide …</c>; null when it is about the whole pool.</summary>
    private static string? KeyOf(string reason) =>
        reason.Split(' ')[0] is var first and ("tp" or "pp" or "dp" or "ep" or "weights" or "kv") ? first : null;
}
