using Cluster.Engine.Cost;
using Cluster.Engine.Hardware;
using Cluster.Engine.Models;

namespace Cluster.Scenarios.Fitting;

/// <summary>Fits <see cref="GemmCurve"/> on a GPU's GEMM table, one format at a time.</summary>
internal static class GemmFit
{
    private readonly record struct Row(double M, double N, double K, double Seconds);

    private static readonly double[] s_rowTiles = [128, 256];

    private static readonly Dictionary<string, NumberFormat> s_formats = new()
    {
        ["bfloat16"] = NumberFormat.Bf16,
        ["fp8"] = NumberFormat.Fp8,
        ["fp8_block"] = NumberFormat.Fp8Block,
        ["nvfp4"] = NumberFormat.Nvfp4,
    };

    public static void Run(GpuProfile gpu, IReadOnlyList<TableRow> table, GpuFit fit)
    {
        foreach (var (name, format) in s_formats)
        {
            var named = table.Where(r => r["gemm_dtype"] == name).ToList();
            var rows = (format == NumberFormat.Fp8Block ? named.GroupBy(r => r["kernel_source"]).SelectMany(BeyondLaunch) : named.Select(ToRow)).ToList();
            if (rows.Count == 0) continue;
            var sibling = format == NumberFormat.Fp8Block && fit.Gemm.TryGetValue(NumberFormat.Fp8, out var fp8) ? fp8 : null;
            var roof = KernelLookup.Roof(gpu, gpu.ComputeFormat(format));
            var bytes = NumberFormats.BytesPerWeight(format);
            var (curve, result) = s_rowTiles.Select(tile => fit.Solve(
                rows, r => r.Seconds, (c, r) => Kernels.Gemm(c, roof, r.M, r.N, r.K, bytes, bytes).Seconds, Curve, Parameters(format, sibling, tile),
                gpu.Kernels.Gemm.GetValueOrDefault(format))).MinBy(f => f.Result.Loss);
            fit.Gemm[format] = curve;
            fit.Report("gemm", NumberFormats.Name(format), result);
        }
    }

    private static Row ToRow(TableRow r) => new(r.Number("m"), r.Number("n"), r.Number("k"), r.Number("latency") / 1e3);

    /// <summary>
    /// The block-scaled tables were measured with eager launches: whatever the GPU finishes sooner took as long as the host needed
    /// (60–90 µs on Hopper, 170–420 on Blackwell). Only rows of twice that tell of the GPU.
    /// </summary>
    private static IEnumerable<Row> BeyondLaunch(IEnumerable<TableRow> kernel)
    {
        var rows = kernel.Select(ToRow).ToList();
        var empty = rows.Where(r => r.M * r.N * r.K <= 1 << 24).Select(r => r.Seconds).Order().ToList();
        var launch = empty.Count > 0 ? empty[empty.Count / 2] : rows.Min(r => r.Seconds);
        return rows.Where(r => r.Seconds > 2 * launch);
    }

    private static GemmCurve Curve(double[] x) => new(
        x[0], x[1], x[2] * 1e-6, x[3], x[4], x[5], x[6] * 1e-9, x[7] * 1e-12, x[8] * 1e-9, x[9], x[10], x[11], x[12], x[13], x[14] * 1e-3, x[15]);

    private static FitParameter[] Parameters(NumberFormat format, GemmCurve? sibling, double rowTile)
    {
        var narrow = format != NumberFormat.Bf16;
        FitParameter[] all =
        [
            new("compute efficiency", 0.75, 0.2, 1), new("memory efficiency", 0.8, 0.2, 1), new("floor µs", 4, 0.5, 20), new("sharpness", 3, 1, 8),
            new("half k", 200, 0, 3000), new("wave weight", 0.5, 0, 1), narrow ? new("quantise ns per row", 1, 0, 50) : FitParameter.Fixed("quantise ns per row", 0),
            narrow ? new("quantise ps", 0.5, 0, 10) : FitParameter.Fixed("quantise ps", 0), new("serial ns per k", 0.1, 0, 10), new("split k", 20000, 100, 200000),
            FitParameter.Fixed("row tile", rowTile), new("padding weight", 1, 0, 4), new("output weight", 1, 0.5, 5), new("sustained slowdown", 0.2, 0, 2),
            new("sustained ms", 5, 0.05, 50), new("padding stall", 0.2, 0, 2),
        ];
        if (sibling is null) return all;
        all[1] = FitParameter.Fixed("memory efficiency", sibling.MemoryEfficiency);
        all[2] = FitParameter.Fixed("floor µs", sibling.FloorSeconds * 1e6);
        all[3] = FitParameter.Fixed("sharpness", sibling.Sharpness);
        all[8] = FitParameter.Fixed("serial ns per k", sibling.SecondsPerK * 1e9);
        all[9] = FitParameter.Fixed("split k", sibling.SplitK);
        all[12] = FitParameter.Fixed("output weight", sibling.OutputWeight);
        all[15] = FitParameter.Fixed("padding stall", sibling.PaddingStall);
        return all;
    }
}
