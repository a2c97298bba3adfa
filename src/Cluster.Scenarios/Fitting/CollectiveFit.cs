using Cluster.Engine.Cost;
using Cluster.Engine.Hardware;

namespace Cluster.Scenarios.Fitting;

/// <summary>Fits collectives inside a scale-up domain. Tables give sizes in 16-bit elements, not bytes.</summary>
internal static class CollectiveFit
{
    private static readonly FitParameter[] s_parameters =
    [
        new("alpha µs", 3, 0.1, 100), new("alpha µs per doubling", 2, 0, 50), new("bus efficiency", 0.7, 0.05, 1.2),
        new("ramp µs", 10, 0, 200), new("ramp µs per doubling", 10, 0, 200), new("ramp bytes", 4e6, 1e3, 1e8),
    ];

    private readonly record struct Row(double Bytes, int Ranks, double Seconds);

    public static void Run(GpuProfile gpu, IReadOnlyList<TableRow> nccl, IReadOnlyList<TableRow> oneShot, GpuFit fit)
    {
        var half = nccl.Where(r => r["nccl_dtype"] == "half").ToList();
        if (half.Count == 0) return;
        var old = gpu.Kernels.Collectives;
        var graph = OwnKernels([.. oneShot.Where(r => r["kernel_source"].EndsWith("_graph", StringComparison.Ordinal)).Select(ToRow)], [.. half.Where(r => r["op_name"] == "all_reduce").Select(ToRow)]);
        fit.Collectives = old with
        {
            AllReduce = Fit(gpu, half, "all_reduce", 2, fit, old.AllReduce),
            AllGather = Fit(gpu, half, "all_gather", 1, fit, old.AllGather),
            ReduceScatter = Fit(gpu, half, "reduce_scatter", 1, fit, old.ReduceScatter),
            AllToAll = Fit(gpu, half, "alltoall", 1, fit, old.AllToAll),
            OneShotAllReduce = graph.Count == 0 ? old.OneShotAllReduce : Fit(gpu, graph, "one-shot all_reduce", 2, fit, old.OneShotAllReduce),
            OneShotMaxBytes = graph.Count == 0 ? old.OneShotMaxBytes : graph.Max(r => r.Bytes),
        };
    }

    /// <summary>
    /// The rows of vLLM's own kernels: it leaves large messages to NCCL, from a size on that depends on GPU and ranks, and its table goes on with NCCL's times.
    /// That size is where its table stops being the faster one by more than noise.
    /// </summary>
    private static List<Row> OwnKernels(List<Row> table, List<Row> nccl)
    {
        var others = nccl.ToDictionary(r => (r.Bytes, r.Ranks), r => r.Seconds);
        var ends = table.Where(r => others.TryGetValue((r.Bytes, r.Ranks), out var seconds) && r.Seconds < 0.95 * seconds)
            .GroupBy(r => r.Ranks).ToDictionary(g => g.Key, g => g.Max(r => r.Bytes));
        return [.. table.Where(r => r.Bytes <= ends.GetValueOrDefault(r.Ranks))];
    }

    private static CollectiveCurve Fit(GpuProfile gpu, List<TableRow> table, string name, double passes, GpuFit fit, CollectiveCurve committed) =>
        Fit(gpu, [.. table.Where(r => r["op_name"] == name).Select(ToRow)], name, passes, fit, committed);

    private static CollectiveCurve Fit(GpuProfile gpu, List<Row> rows, string name, double passes, GpuFit fit, CollectiveCurve committed)
    {
        var (curve, result) = fit.Solve(rows, r => r.Seconds,
            (c, r) => Kernels.Collective(c, gpu.ScaleUpBytesPerSecond, r.Bytes, r.Ranks, passes * (r.Ranks - 1) / r.Ranks),
            Curve, name.EndsWith("all_reduce", StringComparison.Ordinal) ? [.. s_parameters, new("in-network share", 0.5, 0, 1)] : s_parameters, committed);
        fit.Report(name, "bf16", result);
        return curve;
    }

    private static CollectiveCurve Curve(double[] x) => new(x[0] * 1e-6, x[1] * 1e-6, x[2], x[3] * 1e-6, x[4] * 1e-6, x[5]) { InNetworkShare = x.Length > 6 ? x[6] : 0 };

    private static Row ToRow(TableRow r) => new(r.Number("message_size") * 2, (int)r.Number("num_gpus"), r.Number("latency") / 1e3);
}
