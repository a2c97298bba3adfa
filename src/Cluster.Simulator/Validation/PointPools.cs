using Cluster.Engine.Cost;
using Cluster.Engine.Hardware;
using Cluster.Engine.Models;
using Cluster.Engine.Topology;
using Cluster.Scenarios.Catalogs;

namespace Cluster.Simulator.Validation;

/// <summary>The instances of a measured point: what its row states, what its launch script set, and the engine's defaults for the rest.</summary>
/// <param name="launches">Scripts of the runs that the point belongs to; null: not published.</param>
internal sealed class PointPools(
    MeasuredPoint point, ModelArchitecture model, GpuProfile gpu, EngineProfile engine, NumberFormat weights, NumberFormat experts, LaunchBook? launches)
{
    /// <summary>TensorRT-LLM scripts round budgets up to this.</summary>
    private const int BudgetStep = 64;

    public IEnumerable<InstanceSpec> All()
    {
        if (point.Prefill is not { } prefill) return Pool("aggregated", InstanceRole.Aggregated, point.Serving);
        return [.. Pool("prefill", InstanceRole.Prefill, prefill), .. Pool("decode", InstanceRole.Decode, point.Serving)];
    }

    /// <summary>The benchmark began with prompts that waited for kernels to be compiled.</summary>
    public bool IsColdStart => (point.Prefill is { } prefill ? Launch("prefill", prefill) : Launch("aggregated", point.Serving)).ColdStart == true;

    /// <summary>The row states a split of experts that no engine loads: they were spread whole.</summary>
    public bool SpreadsExperts => CutsBlocks(Split(point.Serving)) || (point.Prefill is { } prefill && CutsBlocks(Split(prefill)));

    private bool CutsBlocks(Parallelism split) => DeploymentRules.CutsBlocks(model, experts, split.MoeTp);

    private IEnumerable<InstanceSpec> Pool(string role, InstanceRole kind, WorkerShape shape)
    {
        var split = Split(shape);
        var launch = Launch(role, shape);
        if (model.IsMoe && (launch.ExpertParallel == true || CutsBlocks(split))) split = split with { Ep = split.Tp * split.Dp };
        var profile = engine with { StreamInterval = launch.StreamInterval ?? engine.StreamInterval, MaxGraphTokens = launch.MaxGraphTokens ?? engine.MaxGraphTokens, InNetworkSums = launch.InNetworkSums ?? engine.InNetworkSums };
        var deployment = new Deployment(model, gpu, split, weights, launch.Kv ?? PointFormats.Kv(weights)) { Engine = profile, ExpertWeights = launch.ExpertKernels ?? experts, RoutingSkew = Skew(split), Speculation = launch.Speculation };
        var scheduler = Scheduler(launch, split);
        var (cost, memory) = Catalog.Price(deployment, scheduler, launch.GpuMemoryUtilization ?? engine.GpuMemoryUtilization);
        var kv = new KvCacheSpec(engine.BlockSize, Math.Min(int.MaxValue, memory.KvTokens / engine.BlockSize));
        for (var i = 0; i < shape.Count; i++) yield return new InstanceSpec($"{role}-{i}", role, kind, deployment, scheduler, kv, cost, memory);
    }

    /// <summary>What the launch script of a pool set; nothing where none is known.</summary>
    private LaunchSettings Launch(string role, WorkerShape shape)
    {
        var split = Split(shape);
        return launches?.For(new LaunchedPool(
            point.Engine, model.Name, gpu.Name, weights, role, point.InputTokens, point.OutputTokens, point.Concurrency, split.Tp, split.Dp, point.Date)) ?? new LaunchSettings();
    }

    /// <summary>Budgets and slots are per attention replica.</summary>
    private SchedulerSpec Scheduler(LaunchSettings launch, Parallelism split)
    {
        var own = Catalog.DefaultScheduler(engine, gpu);
        var budget = launch.MaxNumBatchedTokens ?? (launch.BudgetBeyondPrompt is null ? own.MaxNumBatchedTokens : 0);
        if (launch.BudgetBeyondPrompt is { } beyond)
            budget = Math.Max(budget, (point.InputTokens + (point.Concurrency * (1 + (launch.Speculation?.DraftTokens ?? 0))) + beyond + BudgetStep - 1) / BudgetStep * BudgetStep);
        return own with
        {
            MaxNumBatchedTokens = budget * split.Dp,
            MaxNumSeqs = (launch.MaxNumSeqs ?? own.MaxNumSeqs) * split.Dp,
            EnableChunkedPrefill = launch.EnableChunkedPrefill ?? own.EnableChunkedPrefill,
            Dials = launch.Dials,
        };
    }

    /// <summary>
    /// Popularity of experts as the kernel tables' milder power law: fewer distinct experts are touched. Over expert-parallel
    /// ranks the measured points show no such imbalance: popular experts spread over ranks, and models train or engines place for it. Models whose router
    /// was balanced by bias show none at all.
    /// </summary>
    private double Skew(Parallelism split) => model.IsMoe && !model.BalancedRouting && split.Ep == 1 ? 1.01 : 0;

    /// <summary>
    /// Some rows of 8-GPU nodes (ids …tp8_ep8) carry tp or dp as the product 64 of moe_tp 8 and moe_ep 8: they ran on 8 GPUs with experts spread over all.
    /// </summary>
    private Parallelism Split(WorkerShape s)
    {
        if (s.Tp * s.Dp == 64 && s.MoeTp == 8 && s.MoeEp == 8) return s.Dp == 64 ? new Parallelism(1, s.Pp, 8, 8) : new Parallelism(8, s.Pp, 1, 8);
        return new Parallelism(s.Tp, s.Pp, s.Dp, model.IsMoe ? s.MoeEp : 1);
    }
}
