using Cluster.Engine.Cost;
using Cluster.Engine.Hardware;
using Cluster.Engine.Models;

namespace Cluster.Scenarios.Fitting;

/// <summary>Fits prefill and decode attention on a GPU's tables.</summary>
internal static class AttentionFit
{
    private static readonly bool[] s_packs = [true, false];

    private readonly record struct Row(double Batch, double Length, HeadShape Heads, double Window, double Seconds)
    {
        public double Seen => Window > 0 ? Math.Min(Window, Length) : Length;
    }

    public static void Prefill(GpuProfile gpu, IReadOnlyList<TableRow> table, GpuFit fit)
    {
        // One-token prompts took decode kernels, head sizes that a library lacks a generic fallback: other curves than this.
        var rows = table.Where(r => !IsFallback(gpu, r) && !r["kernel_source"].EndsWith("decode", StringComparison.Ordinal)).Select(r => ToRow(r, r.Number("isl"))).ToList();
        if (rows.Count == 0) return;
        var roof = KernelLookup.Roof(gpu, NumberFormat.Bf16);
        var (curve, result) = s_packs.Select(packs => fit.Solve(rows, r => r.Seconds, (c, r) =>
        {
            var pairs = r.Batch * ((r.Seen * (r.Seen + 1) / 2) + ((r.Length - r.Seen) * r.Seen));
            return Kernels.PrefillAttention(c, roof, r.Heads, r.Batch, r.Batch * r.Length, pairs, r.Seen, r.Seen < r.Length).Seconds;
        },
        x => PrefillCurve(x, packs),
        [
            new("compute efficiency", 0.7, 0.1, 1), new("floor µs", 10, 1, 50), new("tile µs", 4, 0, 20), new("half head size", 20, 0, 300),
            new("balance sharpness", 4, 1, 8), new("diagonal tiles", 0.5, 0, 5), new("window tiles", 0.5, 0, 5), new("cache ns per token", 4, 0, 20),
            new("cache efficiency", 0.7, 0.02, 1), new("fp8 compute factor", 1, 0.4, 2), new("fp8 cache factor", 1.5, 0.5, 4), new("fp8 ps per element", 0.5, 0, 20),
        ],
        gpu.Kernels.PrefillAttention)).MinBy(f => f.Result.Loss);
        fit.PrefillAttention = curve;
        fit.Report("attention prefill", "bf16", result);
    }

    public static void Decode(GpuProfile gpu, IReadOnlyList<TableRow> table, GpuFit fit)
    {
        var rows = table.Where(r => !IsFallback(gpu, r)).Select(r => ToRow(r, r.Number("step") + r.Number("isl"))).ToList();
        if (rows.Count == 0) return;
        var roof = KernelLookup.Roof(gpu, NumberFormat.Bf16);
        var (curve, result) = fit.Solve(
            rows, r => r.Seconds,
            (c, r) => Kernels.DecodeAttention(c, roof, r.Heads, r.Batch, 1, r.Batch * r.Seen, r.Seen < r.Length, warm: true).Seconds,
            DecodeCurve,
            [
                new("memory efficiency", 0.9, 0.3, 1), new("floor µs", 8, 1, 40), new("sharpness", 1.7, 1, 8), new("task µs", 2, 0, 20), new("task ns per element", 8, 0, 150),
                new("stream ps per element", 30, 0, 250), new("fp8 slowdown", 1.4, 0.4, 5), new("fp8 floor µs", 1, 0, 10), new("split µs", 0.3, 0, 5),
                new("repack µs", 0.5, 0, 20), new("window µs", 1, 0, 10), new("ns per sequence", 10, 0, 100), new("cache MB", 45, 5, 200), new("cache speedup", 2, 1, 10),
            ],
            gpu.Kernels.DecodeAttention);
        fit.DecodeAttention = curve;
        fit.Report("attention decode", "bf16", result);
    }

    /// <summary>Head sizes that the GPU's own library lacks run in a generic one, which other engines would not use.</summary>
    private static bool IsFallback(GpuProfile gpu, TableRow r) =>
        r["kernel_source"].EndsWith("fa4", StringComparison.Ordinal)
        || (gpu.PeakFlops.ContainsKey(NumberFormat.Nvfp4) && r["kernel_source"].Contains("triton", StringComparison.Ordinal));

    private static PrefillAttentionCurve PrefillCurve(double[] x, bool packs) =>
        new(x[0], x[1] * 1e-6, x[2] * 1e-6, x[3], packs, x[4], x[5], x[6], x[7] * 1e-9, x[8], x[9], x[10], x[11] * 1e-12);

    private static DecodeAttentionCurve DecodeCurve(double[] x) => new(
        x[0], x[1] * 1e-6, x[2], x[3] * 1e-6, x[4] * 1e-9, x[5] * 1e-12, x[6], x[7] * 1e-6, x[8] * 1e-6, x[9] * 1e-6, x[10] * 1e-6, x[11] * 1e-9, x[12] * 1e6, x[13]);

    private static Row ToRow(TableRow r, double length)
    {
        var (heads, kv, size) = (r.Number("num_heads"), r.Number("num_key_value_heads"), r.Number("head_dim"));
        var narrow = r["kv_cache_dtype"] == "fp8";
        return new Row(
            r.Number("batch_size"), length, new HeadShape(heads, kv, size, 2 * kv * size, 2 * size, narrow ? 1 : 2, narrow),
            r["window_size"].Length == 0 ? 0 : r.Number("window_size"), r.Number("latency") / 1e3);
    }
}
