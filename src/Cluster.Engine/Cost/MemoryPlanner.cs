using System.Collections.Immutable;
using Cluster.Engine.Models;
using Cluster.Engine.Topology;

namespace Cluster.Engine.Cost;

/// <summary>Says where one rank's HBM goes.</summary>
public static class MemoryPlanner
{
    /// <param name="gpuMemoryUtilization">Share of HBM that the engine claims, or of what weights leave, in (0, 1].</param>
    public static MemoryPlan Plan(Deployment deployment, SchedulerSpec scheduler, double gpuMemoryUtilization)
    {
        ArgumentNullException.ThrowIfNull(deployment);
        ArgumentNullException.ThrowIfNull(scheduler);
        var gpu = deployment.Gpu;
        var (split, engine) = (deployment.Parallelism, deployment.Engine);
        var weights = WeightBytesPerRank(deployment);
        var activations = ActivationBytes(deployment, scheduler.MaxNumBatchedTokens / split.Dp);
        var graphs = deployment.CudaGraphs ? engine.GraphBytes : engine.GraphBytes / 4;
        var taken = weights + activations + graphs;
        return new MemoryPlan(
            gpu.HbmBytes,
            engine.ClaimsShareOfFree ? taken + ((gpu.HbmBytes - taken) * gpuMemoryUtilization) : gpu.HbmBytes * gpuMemoryUtilization,
            weights,
            activations,
            graphs,
            KvBytesPerToken(deployment, perRank: true),
            StateBytesPerSequence(deployment),
            KvBytesPerToken(deployment, perRank: false),
            split.Dp)
        {
            Utilization = gpuMemoryUtilization,
        };
    }

    /// <summary>Weights of the fullest rank, scales included; embedding and LM head stay in 16 bits.</summary>
    public static double WeightBytesPerRank(Deployment deployment)
    {
        ArgumentNullException.ThrowIfNull(deployment);
        var (model, split) = (deployment.Model, deployment.Parallelism);
        var dense = NumberFormats.BytesPerWeight(deployment.Weights);
        var expert = NumberFormats.BytesPerWeight(deployment.EffectiveExpertWeights);
        var wide = Math.Max(2, dense);
        var layers = 0.0;
        foreach (var g in model.Layers)
        {
            layers += g.Count * ((ParameterCount.Mixer(model, g) + ParameterCount.Dense(model, g)) * dense / split.Tp);
            if (g.Moe is { } moe)
                layers += g.Count * ParameterCount.Expert(model, moe) * (moe.Experts + deployment.RedundantExperts) * expert / (split.Ep * split.MoeTp);
        }

        var outer = (ParameterCount.Embeddings(model) + ParameterCount.LmHead(model)) * wide / split.Tp;
        // The first and last stages hold embedding and head; stages are balanced by layers.
        return (layers / split.Pp) + (split.Pp == 1 ? outer : outer / 2) + DraftBytes(deployment, dense);
    }

    private static double DraftBytes(Deployment deployment, double bytesPerWeight)
    {
        if (deployment.Speculation is not { } s) return 0;
        var (model, tp) = (deployment.Model, deployment.Parallelism.Tp);
        if (s.DraftLayer(model) is { } layer)
            return (((ParameterCount.Mixer(model, layer) + ParameterCount.Dense(model, layer)) / tp) + (ParameterCount.Experts(model, layer) / (deployment.Parallelism.Tp * deployment.Parallelism.Dp))) * bytesPerWeight;
        return s.Method switch
        {
            DraftMethod.Medusa => s.DraftTokens * (double)model.HiddenSize * model.HiddenSize * 2 / tp,
            _ => ParameterCount.Total(model) * s.DraftCost * bytesPerWeight / tp,
        };
    }

    /// <summary>Widest intermediates of a full token budget, and 16-bit logits of the sampled rows.</summary>
    private static double ActivationBytes(Deployment deployment, int maxNumBatchedTokens)
    {
        var (model, tp) = (deployment.Model, deployment.Parallelism.Tp);
        var widest = model.Layers.Max(g => g.Mlp is { } m ? 3.0 * m.Size / tp : g.Moe is { } e ? 3.0 * ((e.SharedSize / (double)tp) + ((double)e.ActiveExperts * e.ExpertSize / deployment.Parallelism.MoeTp)) : 0);
        return maxNumBatchedTokens * 2.0 * ((6.0 * model.HiddenSize) + widest);
    }

    /// <summary>KV bytes that one token adds: on the fullest rank, or over all ranks without duplicates. Bounded layers count as they fill.</summary>
    private static double KvBytesPerToken(Deployment deployment, bool perRank)
    {
        var split = deployment.Parallelism;
        var elements = 0.0;
        foreach (var g in deployment.Model.Layers)
        {
            if (IsFixed(g)) continue;
            var share = !perRank ? 1.0
                : g.Mla is not null ? 1.0
                : g.Attention is { } a ? (double)DenseGemms.Share(a.KvHeads, split.Tp) / a.KvHeads : 0;
            elements += (double)g.Count * g.KvElementsPerToken * share;
        }

        return elements * NumberFormats.BytesPerKvElement(deployment.Kv) / (perRank ? split.Pp : 1);
    }

    /// <summary>Windows, counted full, and SSM state.</summary>
    private static double StateBytesPerSequence(Deployment deployment)
    {
        var (windows, states) = FixedGroups(deployment);
        return states + windows.Sum(w => w.Tokens * w.BytesPerToken);
    }

    /// <summary>What layers of fixed size hold on the fullest rank: windows with their bytes per token, and the bytes of a sequence's state.</summary>
    public static (ImmutableArray<(int Tokens, double BytesPerToken)> Windows, double StateBytes) FixedGroups(Deployment deployment)
    {
        ArgumentNullException.ThrowIfNull(deployment);
        var (windows, states) = (new SortedDictionary<int, double>(), 0.0);
        foreach (var g in deployment.Model.Layers)
        {
            if (g.StateSpace is not null) states += StateBytes(deployment, g) / deployment.Parallelism.Pp;
            else if (IsFixed(g)) windows[g.ContextBound] = windows.GetValueOrDefault(g.ContextBound) + (WindowBytesPerToken(deployment, g) / deployment.Parallelism.Pp);
        }

        return ([.. windows.Select(w => (w.Key, w.Value))], states);
    }

    private static double StateBytes(Deployment deployment, LayerGroup g) => g.Count * deployment.StateBytes(g.StateSpace!) / deployment.Parallelism.Tp;

    private static double WindowBytesPerToken(Deployment deployment, LayerGroup g) =>
        g.Count * 2.0 * DenseGemms.Share(g.Attention!.KvHeads, deployment.Parallelism.Tp) * g.Attention.HeadSize * NumberFormats.BytesPerKvElement(deployment.Kv);

    /// <summary>True for layers whose KV stops growing: windows. Sparse attention keeps all of it and reads less.</summary>
    private static bool IsFixed(LayerGroup g) => g.Attention is { Window: > 0 };
}
