using Cluster.Engine.Cost;
using Cluster.Engine.Hardware;

namespace Cluster.Scenarios.Fitting;

/// <summary>Fits collectives inside a scale-up domain. Tables give sizes in 16-bit elements, not bytes.</summary>
internal static class CollectiveFit
{
    private const double OneShotMaxBytes = 4 << 20;

    private readonly record struct Row(double Bytes, int Ranks, double Seconds);

    public static void Run(GpuProfile gpu, IReadOnlyList<TableRow> nccl, IReadOnlyList<TableRow> oneShot, GpuFit fit)
    {
        var half = nccl.Where(r => r["nccl_dtype"] == "half").ToList();
        if (half.Count == 0) return;
        var old = gpu.Kernels.Collectives;
        var graph = oneShot.Where(r => r["kernel_source"].EndsWith("_graph", StringComparison.Ordinal)).Select(ToRow).Where(r => r.Bytes <= OneShotMaxBytes).ToList();
        fit.Collectives = old with
        {
            AllReduce = Fit(gpu, half, "all_reduce", 2, fit, old.AllReduce),
            AllGather = Fit(gpu, half, "all_gather", 1, fit, old.AllGather),
            ReduceScatter = Fit(gpu, half, "reduce_scatter", 1, fit, old.ReduceScatter),
            AllToAll = Fit(gpu, half, "alltoall", 1, fit, old.AllToAll),
            OneShotAllReduce = graph.Count == 0 ? old.OneShotAllReduce : Fit(gpu, graph, "one-shot all_reduce", 2, fit, old.OneShotAllReduce),
            OneShotMaxBytes = graph.Count == 0 ? old.OneShotMaxBytes : OneShotMaxBytes,
        };
    }

    private static CollectiveCurve Fit(GpuProfile gpu, List<TableRow> table, string name, double passes, GpuFit fit, CollectiveCurve committed) =>
        Fit(gpu, [.. table.Where(r => r["op_name"] == name).Select(ToRow)], name, passes, fit, committed);

    private static CollectiveCurve Fit(GpuProfile gpu, List<Row> rows, string name, double passes, GpuFit fit, CollectiveCurve committed)
    {
        var (curve, result) = fit.Solve(rows, r => r.Seconds,
            (c, r) => Kernels.Collective(c, gpu.ScaleUpBytesPerSecond, r.Bytes, r.Ranks, passes * (r.Ranks - 1) / r.Ranks),
            Curve,
            [
                new("alpha µs", 3, 0.1, 100), new("alpha µs per doubling", 2, 0, 50), new("bus efficiency", 0.7, 0.05, 1.2),
                new("ramp µs", 10, 0, 200), new("ramp µs per doubling", 10, 0, 200), new("ramp bytes", 4e6, 1e3, 1e8),
            ],
            committed);
        fit.Report(name, "bf16", result);
        return curve;
    }

    private static CollectiveCurve Curve(double[] x) => new(x[0] * 1e-6, x[1] * 1e-6, x[2], x[3] * 1e-6, x[4] * 1e-6, x[5]);

    private static Row ToRow(TableRow r) => new(r.Number("message_size") * 2, (int)r.Number("num_gpus"), r.Number("latency") / 1e3);
}
