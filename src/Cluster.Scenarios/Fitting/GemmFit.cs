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
            var rows = table.Where(r => r["gemm_dtype"] == name)
                .Select(r => new Row(r.Number("m"), r.Number("n"), r.Number("k"), r.Number("latency") / 1e3)).ToList();
            // Small rows of the block-scaled tables took a wrong path (60–300 µs whatever the size): only arithmetic-bound rows tell.
            if (format == NumberFormat.Fp8Block) rows.RemoveAll(r => r.M < 2048 || r.Seconds < 500e-6);
            if (rows.Count == 0) continue;
            var sibling = format == NumberFormat.Fp8Block && fit.Gemm.TryGetValue(NumberFormat.Fp8, out var fp8) ? fp8 : null;
            var roof = KernelLookup.Roof(gpu, gpu.ComputeFormat(format));
            var bytes = NumberFormats.BytesPerWeight(format);
            if (sibling is not null) rows.RemoveAll(r => r.Seconds > 3 * Kernels.Gemm(sibling, roof, r.M, r.N, r.K, bytes, bytes).Seconds);
            var result = s_rowTiles.Select(tile => CurveFit.Run(
                rows, r => r.Seconds, (x, r) => Kernels.Gemm(Curve(x), roof, r.M, r.N, r.K, bytes, bytes).Seconds, Parameters(format, sibling, tile))).MinBy(f => f.Loss)!;
            fit.Gemm[format] = Curve(result.Values);
            fit.Report("gemm", NumberFormats.Name(format), result);
        }
    }

    private static GemmCurve Curve(double[] x) => new(x[0], x[1], x[2] * 1e-6, x[3], x[4], x[5], x[6], x[7] * 1e-12, x[8] * 1e-9, x[9], x[10]);

    private static FitParameter[] Parameters(NumberFormat format, GemmCurve? sibling, double rowTile)
    {
        var narrow = format != NumberFormat.Bf16;
        FitParameter[] all =
        [
            new("compute efficiency", 0.75, 0.2, 1), new("memory efficiency", 0.8, 0.2, 1), new("floor µs", 4, 0.5, 20),
            new("sharpness", 3, 1, 8), new("half k", 200, 0, 3000), new("half m", 5, 0, 200), new("wave weight", 0.5, 0, 1),
            narrow ? new("quantise ps", 0.5, 0, 10) : FitParameter.Fixed("quantise ps", 0), new("serial ns per k", 0.1, 0, 5),
            FitParameter.Fixed("row tile", rowTile), new("output weight", 1, 0.5, 5),
        ];
        if (sibling is null) return all;
        all[1] = FitParameter.Fixed("memory efficiency", sibling.MemoryEfficiency);
        all[2] = FitParameter.Fixed("floor µs", sibling.FloorSeconds * 1e6);
        all[3] = FitParameter.Fixed("sharpness", sibling.Sharpness);
        all[5] = FitParameter.Fixed("half m", sibling.HalfM);
        all[10] = FitParameter.Fixed("output weight", sibling.OutputWeight);
        all[8] = FitParameter.Fixed("serial ns per k", sibling.SecondsPerK * 1e9);
        return all;
    }
}
