using Cluster.Compute;
using Cluster.Compute.Calibration;
using Cluster.Compute.Kernels;

namespace Cluster.Cli.Commands;

/// <summary>Kernels beside OpenBLAS, call by call in turn, so that both see the same host.</summary>
internal static class BenchMatmul
{
    private const int Rounds = 15;

    private static readonly (int M, int N, int K)[] Shapes = [(1024, 1024, 1024), (64, 4096, 4096), (8, 4096, 4096), (1, 4096, 4096)];

    public static IReadOnlyList<BenchResult> Run(CancellationToken cancellation)
    {
        var missing = BenchOpenBlas.TryLoad();
        var results = new List<BenchResult>();
        foreach (var kernel in TileKernels.All.Where(k => k.IsSupported && k.Name != "scalar"))
        {
            foreach (var shape in Shapes)
            {
                cancellation.ThrowIfCancellationRequested();
                results.Add(Compare(kernel, shape, missing));
            }
        }

        foreach (var format in Enum.GetValues<GemmFormat>())
        {
            var kernel = TileKernels.Choose(format: format);
            if (kernel.Format == format) results.AddRange(Calibrated(kernel));
            else results.Add(new BenchResult($"{Word(format)} kernel", 0, "") { Note = TileKernels.Shortfall(kernel, format) });
        }

        return results;
    }

    /// <summary>What live steps in this format are timed with.</summary>
    private static IEnumerable<BenchResult> Calibrated(TileKernel kernel)
    {
        using var runner = new SliceRunner(kernel, new ComputeOptions().WeightBytes);
        var calibration = new HostCalibrator(runner).Measure();
        var unit = kernel.Format == GemmFormat.Int8 ? "GOP" : "GFLOP";
        yield return new BenchResult($"calibrated compute, {kernel.Name}", calibration.FlopsPerSecond / 1e9, $"{unit}/s");
        yield return new BenchResult($"calibrated weight streaming, {kernel.Name}", calibration.BytesPerSecond / 1e9, "GB/s");
        yield return new BenchResult($"host ridge, {kernel.Name}", calibration.RidgeFlopsPerByte, $"{unit[1..]}/B");
    }

    private static BenchResult Compare(TileKernel kernel, (int M, int N, int K) shape, string? missing)
    {
        var (m, n, k) = shape;
        var random = new Random(1);
        var (a, b, c) = (Values(random, m * k), Values(random, k * n), new float[m * n]);
        using var weights = PackedWeights.Pack(kernel, b, k, n);
        using var gemm = new Gemm(kernel, m, k);
        var (ours, theirs, ratios) = (new double[Rounds], new double[Rounds], new double[Rounds]);
        for (var round = -3; round < Rounds; round++)
        {
            var mine = Seconds(() => gemm.Multiply(a, m, weights, c));
            var other = missing is null ? Seconds(() => BenchOpenBlas.Multiply(a, b, c, m, n, k)) : double.NaN;
            if (round < 0) continue;
            (ours[round], theirs[round], ratios[round]) = (mine, other, other / mine);
        }

        var (operations, isInteger) = (2e-9 * m * n * k, kernel.Format == GemmFormat.Int8);
        var name = $"{Word(kernel.Format)} {kernel.Name} {m}×{n}×{k}";
        var unit = isInteger ? "GOP/s" : "GFLOP/s";
        if (missing is not null) return new BenchResult(name, operations / Median(ours), unit) { Note = missing };
        return new BenchResult(name, operations / Median(ours), unit, operations / Median(theirs), Median(ratios)) { Note = $"OpenBLAS fp32 ({BenchOpenBlas.Core}), 1 thread" };
    }

    /// <summary>CPU time of this thread: a neighbour's time slice is in neither product. The ratio is the median over pairs of calls in turn.</summary>
    private static double Seconds(Action body)
    {
        var started = ThreadCpu.Seconds();
        body();
        return ThreadCpu.Seconds() - started;
    }

    private static string Word(GemmFormat format) => format.ToString().ToLowerInvariant();

    private static double Median(double[] values) => values.Order().ElementAt(values.Length / 2);

    private static float[] Values(Random random, int count) => [.. Enumerable.Range(0, count).Select(_ => random.NextSingle() - 0.5f)];
}
