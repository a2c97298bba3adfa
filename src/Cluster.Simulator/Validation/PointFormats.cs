using Cluster.Engine.Models;

namespace Cluster.Simulator.Validation;

/// <summary>The quantisation columns of a measured point → formats of weights, experts and cache; null for a name that is not known.</summary>
internal static class PointFormats
{
    /// <summary>Dense weights. Models published with their own expert format run their dense part in 16 bits (gpt-oss).</summary>
    public static NumberFormat? Weights(MeasuredPoint point, ModelArchitecture model) =>
        model.NativeExpertFormat is not null && Of(point.GemmFormat, model) is NumberFormat.Nvfp4 or NumberFormat.Mxfp4 ? NumberFormat.Bf16 : Of(point.GemmFormat, model);

    /// <summary>Routed experts: the model's own format where it has one, else the stated one, else that of the dense weights.</summary>
    public static NumberFormat? Experts(MeasuredPoint point, ModelArchitecture model, NumberFormat weights) =>
        !model.IsMoe || point.MoeFormat.Length == 0 ? weights
        : model.NativeExpertFormat is { } native && weights == NumberFormat.Bf16 ? native
        : Of(point.MoeFormat, model);

    /// <summary>Quantised checkpoints ship scales for an 8-bit cache, and deployments of them use it.</summary>
    public static NumberFormat Kv(NumberFormat weights) => NumberFormats.Bits(weights) <= 8 ? NumberFormat.Fp8 : NumberFormat.Bf16;

    private static NumberFormat? Of(string column, ModelArchitecture model) => column.ToLowerInvariant() switch
    {
        // Mixture models are published in fp8 with block scales.
        "fp8" => model.IsMoe ? NumberFormat.Fp8Block : NumberFormat.Fp8,
        "fp8_block" => NumberFormat.Fp8Block,
        "fp8_static" or "fp8_ootb" => NumberFormat.Fp8,
        "nvfp4" => NumberFormat.Nvfp4,
        "bfloat16" or "bf16" or "fp16" or "float16" => NumberFormat.Bf16,
        "int8_wo" or "int8" or "sq" => NumberFormat.Int8,
        "int4_wo" or "int4" or "w4a16" or "w4afp8" => NumberFormat.Int4,
        "mxfp4" or "w4a16_mxfp4" or "w4a8_mxfp4_mxfp8" => NumberFormat.Mxfp4,
        "mxfp8" => NumberFormat.Mxfp8,
        _ => null,
    };
}
