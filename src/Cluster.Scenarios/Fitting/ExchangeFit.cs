using Cluster.Engine.Cost;
using Cluster.Engine.Hardware;

namespace Cluster.Scenarios.Fitting;

/// <summary>Fits DeepEP's dispatch and combine inside one node of 8 GPUs: dispatch travels in fp8, combine in bf16.</summary>
internal static class ExchangeFit
{
    private const double Ranks = 8;

    private readonly record struct Row(ExchangeLoad Load, double Multiprocessors, double Seconds);

    public static ExpertExchangeCurves? Run(GpuProfile gpu, IReadOnlyList<TableRow> lowLatency, IReadOnlyList<TableRow> throughput, GpuFit fit)
    {
        if (lowLatency.Count == 0 || throughput.Count == 0) return null;
        var old = gpu.Kernels.Collectives.Experts;
        return new ExpertExchangeCurves(
            LowLatency(gpu, lowLatency, "dispatch", 1, fit, old?.LowLatencyDispatch), LowLatency(gpu, lowLatency, "combine", 2, fit, old?.LowLatencyCombine),
            Throughput(throughput, "dispatch", 1, fit, old?.Dispatch), Throughput(throughput, "combine", 2, fit, old?.Combine));
    }

    private static LowLatencyExchange LowLatency(GpuProfile gpu, IReadOnlyList<TableRow> table, string phase, double bytes, GpuFit fit, LowLatencyExchange? committed)
    {
        static LowLatencyExchange Curve(double[] x) => new(x[0] * 1e-6, x[1] * 1e-9, x[2], x[3] * 1e9);
        var rows = table.Select(r => ToRow(r, bytes, 0, r.Number(phase + "_avg_t_us"))).Where(r => r.Seconds > 0).ToList();
        var (curve, result) = fit.Solve(rows, r => r.Seconds, (c, r) => Kernels.LowLatencyExchange(c, gpu.ScaleUpBytesPerSecond, r.Load), Curve,
            [new("alpha µs", 10, 0.1, 60), new("ns per expert", 10, 0, 100), new("bus efficiency", 0.6, 0.05, 1.2), new("GB/s per expert", 40, 1, 400)], committed);
        fit.Report($"low-latency {phase}", bytes < 2 ? "fp8" : "bf16", result);
        return curve;
    }

    private static ThroughputExchange Throughput(IReadOnlyList<TableRow> table, string phase, double bytes, GpuFit fit, ThroughputExchange? committed)
    {
        static ThroughputExchange Curve(double[] x) => new(x[0] * 1e-6, x[1] * 1e-9, x[2] * 1e-9, x[3] * 1e9);
        var rows = table.Where(r => r["node_num"] == "1")
            .Select(r => ToRow(r, bytes, r.Number(phase + "_sms"), r.Number(phase + "_transmit_us") + r.Number(phase + "_notify_us"))).Where(r => r.Seconds > 0).ToList();
        var (curve, result) = fit.Solve(rows, r => r.Seconds, (c, r) => Kernels.ThroughputExchange(c, r.Load, r.Multiprocessors), Curve,
            [new("alpha µs", 20, 1, 100), new("ns per element", 1, 0, 20), new("ns per token", 20, 0, 100), new("GB/s per multiprocessor", 15, 1, 100)], committed);
        fit.Report($"{phase} of tokens", bytes < 2 ? "fp8" : "bf16", result);
        return curve;
    }

    private static Row ToRow(TableRow r, double bytes, double multiprocessors, double microseconds) => new(
        new ExchangeLoad(r.Number("num_token"), r.Number("hidden_size"), bytes, r.Number("num_topk"), r.Number("num_experts"), Ranks), multiprocessors, microseconds * 1e-6);
}
