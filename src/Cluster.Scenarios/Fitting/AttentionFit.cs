using Cluster.Engine.Cost;
using Cluster.Engine.Hardware;
using Cluster.Engine.Models;

namespace Cluster.Scenarios.Fitting;

/// <summary>Fits prefill and decode attention on a GPU's tables.</summary>
internal static class AttentionFit
{
    private readonly record struct Row(double Batch, double Length, HeadShape Heads, double Window, double Seconds)
    {
        public double Seen => Window > 0 ? Math.Min(Window, Length) : Length;
    }

    public static void Prefill(GpuProfile gpu, IReadOnlyList<TableRow> table, GpuFit fit)
    {
        var blackwell = gpu.PeakFlops.ContainsKey(NumberFormat.Nvfp4);
        // One-token prompts took decode kernels, head sizes that a library lacks a generic fallback: other curves than this.
        var rows = table.Where(r => !r["kernel_source"].EndsWith("decode", StringComparison.Ordinal) && !(blackwell && r["kernel_source"].Contains("triton", StringComparison.Ordinal)))
            .Select(r => ToRow(r, r.Number("isl"))).ToList();
        if (rows.Count == 0) return;
        var roof = KernelLookup.Roof(gpu, NumberFormat.Bf16);
        var result = CurveFit.Run(rows, r => r.Seconds, (x, r) =>
        {
            var pairs = r.Batch * ((r.Seen * (r.Seen + 1) / 2) + ((r.Length - r.Seen) * r.Seen));
            return Kernels.PrefillAttention(PrefillCurve(x), roof, r.Heads, r.Batch, r.Batch * r.Length, pairs, r.Seen, r.Seen < r.Length).Seconds;
        },
        [
            new("compute efficiency", 0.7, 0.1, 1), new("memory efficiency", 0.7, 0.02, 1), new("floor µs", 10, 1, 50), new("sharpness", 2, 1, 8),
            new("tail weight", 0.5, 0, 3), new("half head size", 20, 0, 300), new("fp8 slowdown", 1.2, 0.5, 3), new("diagonal tiles", 1, 0, 5), new("window tiles", 1, 0, 5),
            new("kv weight", 1, 0, 10), new("padding tokens", 16, 0, 128),
        ]);
        fit.PrefillAttention = PrefillCurve(result.Values);
        fit.Report("attention prefill", "bf16", result);
    }

    public static void Decode(GpuProfile gpu, IReadOnlyList<TableRow> table, GpuFit fit)
    {
        var rows = table.Select(r => ToRow(r, r.Number("step") + r.Number("isl"))).ToList();
        if (rows.Count == 0) return;
        var roof = KernelLookup.Roof(gpu, NumberFormat.Bf16);
        var result = CurveFit.Run(rows, r => r.Seconds, (x, r) => Kernels.DecodeAttention(DecodeCurve(x), roof, r.Heads, r.Batch, 1, r.Batch * r.Seen).Seconds,
        [
            new("compute efficiency", 0.5, 0.02, 1), new("memory efficiency", 0.8, 0.1, 1), new("floor µs", 10, 1, 40), new("sharpness", 3, 1, 8),
            new("padding tokens", 16, 0, 128), new("fp8 slowdown", 1.2, 0.5, 3), new("ns per sequence head", 5, 0, 200), new("split weight", 0.01, 0, 1),
        ]);
        fit.DecodeAttention = DecodeCurve(result.Values);
        fit.Report("attention decode", "bf16", result);
    }

    private static PrefillAttentionCurve PrefillCurve(double[] x) => new(x[0], x[1], x[2] * 1e-6, x[3], x[4], x[5], x[6], x[7], x[8], x[9], x[10]);

    private static DecodeAttentionCurve DecodeCurve(double[] x) => new(x[0], x[1], x[2] * 1e-6, x[3], x[4], x[5], x[6] * 1e-9, x[7]);

    private static Row ToRow(TableRow r, double length)
    {
        var (heads, kv, size) = (r.Number("num_heads"), r.Number("num_key_value_heads"), r.Number("head_dim"));
        var narrow = r["kv_cache_dtype"] == "fp8";
        return new Row(
            r.Number("batch_size"), length, new HeadShape(heads, kv, size, 2 * kv * size, 2 * size, narrow ? 1 : 2, narrow),
            r["window_size"].Length == 0 ? 0 : r.Number("window_size"), r.Number("latency") / 1e3);
    }
}
