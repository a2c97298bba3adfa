using Cluster.Engine.Cost;
using Cluster.Engine.Hardware;
using Cluster.Engine.Models;

namespace Cluster.Scenarios.Fitting;

/// <summary>
/// Fits multi-head latent attention on the tables of DeepSeek-V3's attention module: what its projections, priced by the GEMM
/// curve fitted before, leave of the module's time.
/// </summary>
internal static class MlaFit
{
    private const string Model = "deepseek-ai/DeepSeek-V3";
    private const double HiddenSize = 7168, QueryRank = 1536, KvRank = 512, RopeSize = 64, NopeSize = 128, ValueSize = 128;

    private readonly record struct Row(double Batch, double Length, HeadShape Heads, double ProjectionSeconds, double Seconds);

    public static void Run(GpuProfile gpu, IReadOnlyList<TableRow> prefill, IReadOnlyList<TableRow> decode, GpuFit fit)
    {
        if (fit.PrefillAttention is not { } attention || !fit.Gemm.TryGetValue(NumberFormat.Bf16, out var gemm)) return;
        var roof = KernelLookup.Roof(gpu, NumberFormat.Bf16);
        // Prompts of one token took decode's way.
        var prompts = Rows(prefill, r => r.Number("isl"), r => r.Number("isl"), gemm, roof, false).Where(r => r.Length > 1).ToList();
        var steps = Rows(decode, r => r.Number("isl") + r.Number("step"), _ => 1, gemm, roof, true).ToList();
        if (prompts.Count == 0 || steps.Count == 0) return;
        const double valueShare = (NopeSize + RopeSize + ValueSize) / (2 * (NopeSize + RopeSize));
        var (promptCurve, first) = fit.Solve(
            prompts, r => r.Seconds,
            (c, r) => r.ProjectionSeconds + Kernels.MlaPrefill(
                c, attention, roof, r.Heads, r.Batch, r.Batch * r.Length, r.Batch * r.Length * (r.Length + 1) / 2, r.Length, valueShare).Seconds,
            Prefill,
            [new("prefill scale", 0.7, 0.2, 3), new("prefill floor µs", 30, 0, 300), new("ns per token", 5, 0, 200), new("ps per token and head", 500, 0, 5000)],
            gpu.Kernels.Mla);
        var (curve, second) = fit.Solve(
            steps, r => r.Seconds, (c, r) => r.ProjectionSeconds + Kernels.MlaDecode(c, roof, r.Heads, r.Batch, 1, r.Batch * r.Length).Seconds,
            x => Decode(x, promptCurve),
            [
                new("compute efficiency", 0.7, 0.1, 1), new("memory efficiency", 0.85, 0.2, 1), new("floor µs", 30, 1, 300), new("sharpness", 2, 1, 8),
                new("split µs", 0.5, 0, 5), new("ns per sequence", 20, 0, 300), new("ns per sequence and head", 1, 0, 20), new("fp8 factor", 1, 0.3, 3),
                new("fp8 floor µs", 1, 0, 50),
            ],
            gpu.Kernels.Mla);
        fit.Mla = curve;
        fit.Report("mla prefill module", "bf16", first);
        fit.Report("mla decode module", "bf16", second);
    }

    private static IEnumerable<Row> Rows(
        IReadOnlyList<TableRow> table, Func<TableRow, double> length, Func<TableRow, double> newTokens, GemmCurve gemm, Roof roof, bool absorbed)
    {
        foreach (var r in table.Where(r => r["model"] == Model && r["gemm_type"] == "bfloat16"))
        {
            var (batch, heads, narrow) = (r.Number("batch_size"), r.Number("num_heads"), r["kv_cache_dtype"] == "fp8");
            var bytes = narrow ? 1.0 : 2.0;
            var shape = absorbed
                ? new HeadShape(heads, 1, KvRank + RopeSize, KvRank + RopeSize, (2 * KvRank) + RopeSize, bytes, narrow)
                : new HeadShape(heads, heads, NopeSize + RopeSize, KvRank + RopeSize, 2 * (NopeSize + RopeSize), 2, false);
            var m = batch * newTokens(r);
            double Project(double n, double k) => Kernels.Gemm(gemm, roof, m, n, k, 2, 2).Seconds;
            var projections = Project(QueryRank + KvRank + RopeSize, HiddenSize) + Project(heads * (NopeSize + RopeSize), QueryRank)
                + Project(heads * (NopeSize + ValueSize), KvRank) + Project(HiddenSize, heads * ValueSize);
            yield return new Row(batch, length(r), shape, projections, r.Number("latency") / 1e3);
        }
    }

    private static MlaCurve Prefill(double[] x) => new(1, 1, 0, 1, 0, 0, 0, 1, 0, x[0], x[1] * 1e-6, x[2] * 1e-9, x[3] * 1e-12);

    private static MlaCurve Decode(double[] x, MlaCurve prefill) => prefill with
    {
        ComputeEfficiency = x[0],
        MemoryEfficiency = x[1],
        FloorSeconds = x[2] * 1e-6,
        Sharpness = x[3],
        SplitSeconds = x[4] * 1e-6,
        SequenceSeconds = x[5] * 1e-9,
        SequenceHeadSeconds = x[6] * 1e-9,
        Fp8Factor = x[7],
        Fp8FloorSeconds = x[8] * 1e-6,
    };
}
