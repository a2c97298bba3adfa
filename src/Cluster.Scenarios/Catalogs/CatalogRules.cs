using Cluster.Engine.Hardware;
using Cluster.Engine.Models;

namespace Cluster.Scenarios.Catalogs;

/// <summary>What the types of catalog entries cannot say.</summary>
internal static class CatalogRules
{
    public static void Check(GpuProfile gpu, Action<string> fail)
    {
        if (gpu is not { HbmBytes: > 0, HbmBytesPerSecond: > 0, Multiprocessors: > 0, GpusPerDomain: > 0, ScaleUpBytesPerSecond: > 0, ScaleOutBytesPerSecond: > 0 })
            fail("hbm_bytes, hbm_bytes_per_second, multiprocessors, gpus_per_domain and both link rates must be above 0.");
        if (!gpu.PeakFlops.ContainsKey(NumberFormat.Bf16)) fail("peak_flops needs 'bf16': everything falls back to it.");
        if (!gpu.Kernels.Gemm.ContainsKey(NumberFormat.Bf16)) fail("kernels.gemm needs 'bf16'.");
        if (!gpu.Kernels.Moe.ContainsKey(NumberFormat.Bf16)) fail("kernels.moe needs 'bf16'.");
    }

    public static void Check(ModelArchitecture model, Action<string> fail)
    {
        if (model is not { HiddenSize: > 0, VocabularySize: > 0, ContextLength: > 0 }) fail("hidden_size, vocabulary_size and context_length must be above 0.");
        if (model.Layers.IsDefaultOrEmpty) fail("layers is empty.");
        else
            for (var i = 0; i < model.Layers.Length; i++) Check(model.Layers[i], reason => fail($"layers[{i}]: {reason}"));
    }

    private static void Check(LayerGroup layer, Action<string> fail)
    {
        if (layer.Count < 1) fail("count must be at least 1.");
        var mixers = (layer.Attention is null ? 0 : 1) + (layer.Mla is null ? 0 : 1) + (layer.StateSpace is null ? 0 : 1);
        if (mixers != 1) fail("exactly one of attention, mla, state_space.");
        if (layer.Mlp is not null && layer.Moe is not null) fail("at most one of mlp, moe.");
        if (layer.Attention is { } a && (a.KvHeads < 1 || a.HeadSize < 1 || a.QueryHeads % Math.Max(1, a.KvHeads) != 0))
            fail($"query_heads {a.QueryHeads} must be a multiple of kv_heads {a.KvHeads}.");
        if (layer.Moe is { } moe && (moe.ActiveExperts < 1 || moe.ActiveExperts > moe.Experts)) fail($"active_experts {moe.ActiveExperts} must be in 1…{moe.Experts}.");
    }
}
