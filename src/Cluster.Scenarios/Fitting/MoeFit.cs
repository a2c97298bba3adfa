using Cluster.Engine.Cost;
using Cluster.Engine.Hardware;
using Cluster.Engine.Models;

namespace Cluster.Scenarios.Fitting;

/// <summary>Fits grouped expert GEMMs on a GPU's MoE table, one format at a time.</summary>
internal static class MoeFit
{
    private readonly record struct Row(MoeLoad Load, double Seconds);

    /// <summary>How libraries choose the rows of a tile: doubling with the load, or vLLM's default configuration.</summary>
    private static readonly (double Largest, bool FollowsLoad)[] s_tiles = [(128, true), (128, false)];

    private static readonly Dictionary<string, NumberFormat> s_formats = new()
    {
        ["bfloat16"] = NumberFormat.Bf16,
        ["fp8"] = NumberFormat.Fp8,
        ["fp8_block"] = NumberFormat.Fp8Block,
        ["nvfp4"] = NumberFormat.Nvfp4,
        ["int4_wo"] = NumberFormat.Int4,
        ["w4a16_mxfp4"] = NumberFormat.Mxfp4,
    };

    public static void Run(GpuProfile gpu, IReadOnlyList<TableRow> table, GpuFit fit)
    {
        // Blackwell's tensor cores take MXFP4 weights with MXFP8 activations, and engines serve such models so.
        var scaled = table.Any(r => r["moe_dtype"] == "w4a8_mxfp4_mxfp8");
        foreach (var (name, format) in s_formats)
        {
            var bytes = NumberFormats.BytesPerWeight(format);
            var rows = table.Where(r => format == NumberFormat.Mxfp4 ? ServesMxfp4(r, scaled) : r["moe_dtype"] == name).Where(IsSpread).Select(r => ToRow(r, bytes)).ToList();
            if (rows.Count == 0) continue;
            var roof = KernelLookup.Roof(gpu, gpu.ComputeFormat(format));
            var (curve, result) = s_tiles.Select(t => fit.Solve(rows, r => r.Seconds, (c, r) => Kernels.Moe(c, roof, r.Load).Seconds, x => Curve(x, t),
            [
                new("compute efficiency", 0.5, 0.02, 1), new("memory efficiency", 0.9, 0.05, 1), new("floor µs", 30, 1, 300), new("floor ns per expert", 10, 0, 500),
                new("expert-parallel floor µs", 5, 0, 100), new("sharpness", 1.5, 1, 8), new("half width", 100, 0, 3000), new("activation weight", 1, 0, 8), new("row weight", 0.5, 0, 8),
                new("hot rank weight", 1, 0, 3), new("padding weight", 1, 0, 2), new("tile rows", 20, 0, 300), new("spill slowdown", 0.3, 0, 5), new("spill MB", 50, 1, 1000),
            ],
            gpu.Kernels.Moe.GetValueOrDefault(format))).MinBy(f => f.Result.Loss);
            fit.Moe[format] = curve;
            fit.Report("moe", NumberFormats.Name(format), result);
        }
    }

    /// <summary>
    /// DeepSeek-V3 chooses 4 of 8 groups of experts first, and under synthetic routing these are always the same groups: its
    /// expert-parallel rows show nearly all tokens on the measured rank (two ranks take as long as one).
    /// </summary>
    private static bool IsSpread(TableRow r) =>
        r["moe_ep_size"] == "1" || (r["num_experts"], r["topk"], r["hidden_size"]) != ("256", "8", "7168");

    /// <summary>Elsewhere the model's own kernel serves; the generic Marlin path only stands in where that is missing.</summary>
    private static bool ServesMxfp4(TableRow r, bool scaled) => scaled
        ? r["moe_dtype"] == "w4a8_mxfp4_mxfp8"
        : r["moe_dtype"] == "w4a16_mxfp4" && r["kernel_source"].Contains("gptoss", StringComparison.Ordinal);

    private static MoeCurve Curve(double[] x, (double Largest, bool FollowsLoad) tiles) => new(
        x[0], x[1], x[2] * 1e-6, x[3] * 1e-9, x[4] * 1e-6, x[5], x[6], x[7], x[8], x[9], tiles.Largest, tiles.FollowsLoad, x[10], x[11], x[12], x[13] * 1e6);

    private static Row ToRow(TableRow r, double weightBytes) => new(
        new MoeLoad(
            r.Number("num_tokens"), r.Number("hidden_size"), r.Number("inter_size") / r.Number("moe_tp_size"), 3, r.Number("num_experts"),
            r.Number("topk"), r.Number("moe_ep_size"), weightBytes, Exponent(r["distribution"]), 1, IsDealt: true),
        r.Number("latency") / 1e3);

    private static double Exponent(string distribution) =>
        distribution.StartsWith("power_law_", StringComparison.Ordinal) ? double.Parse(distribution[10..], System.Globalization.CultureInfo.InvariantCulture) : 0;
}
