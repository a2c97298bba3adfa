using System.Globalization;
using Cluster.Engine.Models;
using Cluster.Engine.Topology;

namespace Cluster.Engine.Cost;

/// <summary>Refuses impossible combinations, all reasons at once.</summary>
public static class DeploymentRules
{
    /// <summary>Columns that share a scale: DeepSeek-V3's 128 × 128 blocks, and all that followed.</summary>
    private const int BlockColumns = 128;

    /// <summary>Why this deployment cannot exist; empty when it can.</summary>
    public static IReadOnlyList<string> Check(Deployment deployment)
    {
        ArgumentNullException.ThrowIfNull(deployment);
        var reasons = new List<string>();
        CheckSplit(deployment, reasons);
        CheckHeads(deployment, reasons);
        CheckExperts(deployment, reasons);
        CheckBlocks(deployment, reasons);
        CheckVendor(deployment, reasons);
        CheckFormats(deployment, reasons);
        CheckExtras(deployment, reasons);
        return reasons;
    }

    /// <summary>As <see cref="Check"/>, and whether weights leave room for KV on the GPUs.</summary>
    public static IReadOnlyList<string> CheckFit(Deployment deployment, SchedulerSpec scheduler, double gpuMemoryUtilization)
    {
        var reasons = Check(deployment);
        if (reasons.Count > 0) return reasons;
        var plan = MemoryPlanner.Plan(deployment, scheduler, gpuMemoryUtilization);
        if (plan.KvBytes > 0) return [];
        return
        [
            string.Create(CultureInfo.InvariantCulture,
                $"{deployment.Model.Name} in {NumberFormats.Name(deployment.Weights)} does not fit: each of {deployment.Parallelism.Gpus} × {deployment.Gpu.Name} would hold {plan.WeightBytes / 1e9:F1} GB weights + {plan.ActivationBytes / 1e9:F1} GB activations + {plan.GraphBytes / 1e9:F1} GB graphs, of {Usable(deployment, plan)}. Use more GPUs (tp, pp, ep) or narrower weights."),
        ];
    }

    private static string Usable(Deployment deployment, MemoryPlan plan) => deployment.Engine.ClaimsShareOfFree
        ? string.Create(CultureInfo.InvariantCulture, $"{plan.HbmBytes / 1e9:F1} GB")
        : string.Create(CultureInfo.InvariantCulture, $"{plan.UsableBytes / 1e9:F1} GB usable ({plan.Utilization:P0} of {plan.HbmBytes / 1e9:F1})");

    /// <exception cref="ArgumentException">Impossible; the message holds every reason.</exception>
    public static void ThrowIfImpossible(Deployment deployment)
    {
        var reasons = Check(deployment);
        if (reasons.Count > 0) throw new ArgumentException(string.Join(' ', reasons));
    }

    private static void CheckSplit(Deployment deployment, List<string> reasons)
    {
        var p = deployment.Parallelism;
        if (p.Tp < 1 || p.Pp < 1 || p.Dp < 1 || p.Ep < 1)
        {
            reasons.Add($"tp {p.Tp}, pp {p.Pp}, dp {p.Dp}, ep {p.Ep}: each must be at least 1.");
            return;
        }

        if (p.Tp * p.Dp % p.Ep != 0) reasons.Add($"ep {p.Ep} does not divide tp·dp = {p.Tp * p.Dp}; choose a divisor of it.");
        if (p.Pp > deployment.Model.LayerCount) reasons.Add($"pp {p.Pp} is more than the {deployment.Model.LayerCount} layers of {deployment.Model.Name}.");
        if (p.Ep > 1 && !deployment.Model.IsMoe) reasons.Add($"ep {p.Ep} on {deployment.Model.Name}, which has no experts; use ep 1.");
    }

    private static void CheckHeads(Deployment deployment, List<string> reasons)
    {
        var tp = Math.Max(1, deployment.Parallelism.Tp);
        foreach (var heads in deployment.Model.Layers.Select(g => g.Attention?.QueryHeads ?? g.Mla?.QueryHeads ?? 0).Where(h => h > 0).Distinct())
            if (heads % tp != 0) reasons.Add($"tp {tp} does not divide the {heads} query heads of {deployment.Model.Name}; {Nearest(heads, tp)} would.");
        foreach (var heads in deployment.Model.Layers.Select(g => g.Attention?.KvHeads ?? 0).Where(h => h > 0).Distinct())
            if (heads % tp != 0 && tp % heads != 0) reasons.Add($"tp {tp} neither divides nor is a multiple of the {heads} KV heads of {deployment.Model.Name}.");
    }

    private static void CheckExperts(Deployment deployment, List<string> reasons)
    {
        var p = deployment.Parallelism;
        foreach (var moe in deployment.Model.Layers.Where(g => g.Moe is not null).Select(g => g.Moe!).Distinct())
        {
            var experts = moe.Experts + deployment.RedundantExperts;
            if (p.Ep > experts) reasons.Add($"ep {p.Ep} is more ranks than the {experts} experts of {deployment.Model.Name}.");
            else if (p.Ep > 0 && experts % p.Ep != 0) reasons.Add($"ep {p.Ep} does not divide the {experts} experts (redundant ones included) of {deployment.Model.Name}.");
        }

        if (deployment.RedundantExperts > 0 && !deployment.Model.IsMoe) reasons.Add($"redundant_experts {deployment.RedundantExperts} on {deployment.Model.Name}, which has no experts.");
        if (deployment.RedundantExperts < 0 || deployment.RoutingSkew is not (>= 0 and <= 2)) reasons.Add("redundant_experts must be 0 or more and routing_skew in 0…2.");
    }

    /// <summary>Whether blocks of 8-bit experts are cut whole: engines refuse others, since a scale belongs to a block.</summary>
    public static bool CutsBlocks(ModelArchitecture model, NumberFormat experts, int ranks)
    {
        ArgumentNullException.ThrowIfNull(model);
        return experts == NumberFormat.Fp8Block && model.Layers.Any(g => g.Moe is { } moe && moe.ExpertSize % (ranks * BlockColumns) != 0 && ranks > 1);
    }

    private static void CheckBlocks(Deployment deployment, List<string> reasons)
    {
        var p = deployment.Parallelism;
        if (p.Ep < 1 || p.Tp * p.Dp % p.Ep != 0 || !CutsBlocks(deployment.Model, deployment.EffectiveExpertWeights, p.MoeTp)) return;
        var size = deployment.Model.Layers.First(g => g.Moe is not null).Moe!.ExpertSize;
        reasons.Add(string.Create(
            CultureInfo.InvariantCulture,
            $"fp8-block experts of {deployment.Model.Name}, {size} wide, over {p.MoeTp} ranks: {(double)size / p.MoeTp:0.#} is no multiple of the {BlockColumns} columns of a block. Spread whole experts instead (ep {p.Tp * p.Dp}), or use fp8."));
    }

    private static void CheckVendor(Deployment deployment, List<string> reasons)
    {
        var (gpu, engine) = (deployment.Gpu, deployment.Engine);
        if (!engine.Vendors.IsEmpty && !engine.Vendors.Contains(gpu.Vendor))
            reasons.Add($"engine profile {engine.Name} runs on GPUs of {string.Join(", ", engine.Vendors)}; {gpu.Name} is of {gpu.Vendor}. Use vllm or sglang there.");
        if (gpu.Vendor != "nvidia" && (deployment.Weights == NumberFormat.Nvfp4 || deployment.EffectiveExpertWeights == NumberFormat.Nvfp4))
            reasons.Add($"weights nvfp4 on {gpu.Name}: NVFP4 is NVIDIA's own; GPUs of {gpu.Vendor} load mxfp4, fp8 or int4.");
    }

    private static void CheckFormats(Deployment deployment, List<string> reasons)
    {
        var engine = deployment.Engine;
        Need(engine.WeightFormats.Contains(deployment.Weights), "weights", deployment.Weights, engine.Name, engine.WeightFormats, reasons);
        Need(engine.KvFormats.Contains(deployment.Kv), "kv", deployment.Kv, engine.Name, engine.KvFormats, reasons);
        if (deployment.EffectiveExpertWeights != deployment.Weights)
            Need(engine.WeightFormats.Contains(deployment.EffectiveExpertWeights), "expert weights", deployment.EffectiveExpertWeights, engine.Name, engine.WeightFormats, reasons);
    }

    private static void Need(bool held, string what, NumberFormat value, string engine, IEnumerable<NumberFormat> offered, List<string> reasons)
    {
        if (!held) reasons.Add($"{what} {NumberFormats.Name(value)}: engine profile {engine} offers {string.Join(", ", offered.Select(NumberFormats.Name))}.");
    }

    private static void CheckExtras(Deployment deployment, List<string> reasons)
    {
        if (deployment.Speculation is { } s)
        {
            if (s.DraftTokens is < 1 or > 64) reasons.Add($"speculation draft_tokens {s.DraftTokens} is outside 1…64.");
            if (s.AcceptanceRate is not (>= 0 and <= 1)) reasons.Add($"speculation acceptance_rate {s.AcceptanceRate} is outside 0…1.");
            if (s.DraftCost is not (>= 0 and <= 1)) reasons.Add($"speculation draft_cost {s.DraftCost} is outside 0…1.");
            if (s.Method == DraftMethod.Mtp && deployment.Model.DraftLayers == 0)
                reasons.Add($"speculation by mtp: {deployment.Model.Name} ships no multi-token-prediction layers; use eagle, medusa or a draft model.");
        }

        if (deployment.Retention is { } r && (r.Window < 1 || r.Sinks < 0 || r.HeavyHitters < 0))
            reasons.Add($"retention window {r.Window}, sinks {r.Sinks}, heavy hitters {r.HeavyHitters}: the window must be at least 1, the others 0 or more.");
        if (deployment.TwoBatchOverlap && deployment.Parallelism.Ep == 1) reasons.Add("two_batch_overlap hides expert-parallel communication, of which ep 1 has none.");
    }

    private static int Nearest(int heads, int tp)
    {
        if (tp >= heads) return heads;
        for (var step = 0; step <= heads; step++)
        {
            if (tp - step >= 1 && heads % (tp - step) == 0) return tp - step;
            if (tp + step <= heads && heads % (tp + step) == 0) return tp + step;
        }

        return 1;
    }
}
