using Cluster.Engine.Cost;
using Cluster.Engine.Hardware;
using Cluster.Engine.Models;
using Cluster.Engine.Topology;
using Cluster.Engine.Units;
using Cluster.Scenarios.Catalogs;

namespace Cluster.Simulator.Validation;

/// <summary>A measured point → the cluster it ran on, or the reason why that is not known. Nothing is guessed.</summary>
public static class PointMapping
{
    /// <param name="profile">Stands in for the catalog's profile of the point's engine, e.g. while that is fitted.</param>
    public static (ClusterSpec? Cluster, string? NotCovered) Map(MeasuredPoint point, Catalog catalog, EngineProfile? profile = null)
    {
        ArgumentNullException.ThrowIfNull(point);
        ArgumentNullException.ThrowIfNull(catalog);
        if (RepackedModel.Find(catalog, point.Model) is not { } model) return (null, $"model {point.Model} is not in the catalog");
        if (catalog.FindGpu(point.System) is not { } gpu) return (null, $"GPU {point.System} is not in the catalog");
        if ((profile ?? catalog.Engines.GetValueOrDefault(point.Engine)) is not { } engine) return (null, $"engine {point.Engine} is not in the catalog");
        if (PointFormats.Weights(point, model) is not { } weights) return (null, $"format {point.GemmFormat} is not known");
        if (PointFormats.Experts(point, model, weights) is not { } experts) return (null, $"expert format {point.MoeFormat} is not known");
        try
        {
            var instances = new List<InstanceSpec>();
            if (point.Prefill is { } prefill) Add(instances, "prefill", InstanceRole.Prefill, prefill, model, gpu, engine, weights, experts);
            Add(instances, point.Prefill is null ? "aggregated" : "decode", point.Prefill is null ? InstanceRole.Aggregated : InstanceRole.Decode, point.Serving, model, gpu, engine, weights, experts);
            var link = point.Prefill is null ? null : catalog.Links[gpu.GpusPerDomain > 8 ? "nvl72" : "ib-ndr-400x8"];
            return (new ClusterSpec(
                point.Id, [.. instances], link, new TransferSpec(), new RouterSpec("least-requests"), new SloSpec(), Seed: 1)
            {
                RequestHostNs = Time.FromSeconds(engine.RequestHostSeconds),
            }, null);
        }
        catch (ArgumentException e)
        {
            return (null, e.Message);
        }
    }

    private static void Add(
        List<InstanceSpec> instances, string pool, InstanceRole role, WorkerShape shape, ModelArchitecture model, GpuProfile gpu, EngineProfile engine, NumberFormat weights, NumberFormat experts)
    {
        var split = Split(shape, model);
        var deployment = new Deployment(model, gpu, split, weights, PointFormats.Kv(weights)) { Engine = engine, ExpertWeights = experts, RoutingSkew = Skew(model, split) };
        var scheduler = Catalog.DefaultScheduler(engine, gpu);
        // Budgets and slots are per attention replica.
        scheduler = scheduler with { MaxNumBatchedTokens = scheduler.MaxNumBatchedTokens * split.Dp, MaxNumSeqs = scheduler.MaxNumSeqs * split.Dp };
        var (cost, memory) = Catalog.Price(deployment, scheduler, engine.GpuMemoryUtilization);
        var kv = new KvCacheSpec(engine.BlockSize, Math.Min(int.MaxValue, memory.KvTokens / engine.BlockSize));
        for (var i = 0; i < shape.Count; i++) instances.Add(new InstanceSpec($"{pool}-{i}", pool, role, deployment, scheduler, kv, cost, memory));
    }

    /// <summary>
    /// Popularity of experts as the kernel tables' milder power law: fewer distinct experts are touched. Over expert-parallel
    /// ranks the measured points show no such imbalance: popular experts spread over ranks, and models train or engines place for it.
    /// </summary>
    private static double Skew(ModelArchitecture model, Parallelism split) => model.IsMoe && split.Ep == 1 ? 1.01 : 0;

    /// <summary>
    /// Some rows of 8-GPU nodes (ids …tp8_ep8) carry tp or dp as the product 64 of moe_tp 8 and moe_ep 8: they ran on 8 GPUs with experts spread over all.
    /// </summary>
    private static Parallelism Split(WorkerShape s, ModelArchitecture model)
    {
        if (s.Tp * s.Dp == 64 && s.MoeTp == 8 && s.MoeEp == 8) return s.Dp == 64 ? new Parallelism(1, s.Pp, 8, 8) : new Parallelism(8, s.Pp, 1, 8);
        return new Parallelism(s.Tp, s.Pp, s.Dp, model.IsMoe ? s.MoeEp : 1);
    }
}
