using System.Diagnostics;
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

        using var runner = new SliceRunner(TileKernels.Choose(), new ComputeOptions().WeightBytes);
        var calibration = new HostCalibrator(runner).Measure();
        results.Add(new BenchResult("calibrated compute", calibration.FlopsPerSecond / 1e9, "GFLOP/s"));
        results.Add(new BenchResult("calibrated weight streaming", calibration.BytesPerSecond / 1e9, "GB/s"));
        results.Add(new BenchResult("host ridge", calibration.RidgeFlopsPerByte, "FLOP/B"));
        return results;
    }

    private static BenchResult Compare(TileKernel kernel, (int M, int N, int K) shape, string? missing)
    {
        var (m, n, k) = shape;
        var random = new Random(1);
        var (a, b, c) = (Values(random, m * k), Values(random, k * n), new float[m * n]);
        using var weights = PackedWeights.Pack(kernel, b, k, n);
        using var gemm = new Gemm(kernel, m, k);
        var (ours, theirs) = (new double[Rounds], new double[Rounds]);
        for (var round = -2; round < Rounds; round++)
        {
            var mine = Seconds(() => gemm.Multiply(a, m, weights, c));
            var other = missing is null ? Seconds(() => BenchOpenBlas.Multiply(a, b, c, m, n, k)) : double.NaN;
            if (round < 0) continue;
            (ours[round], theirs[round]) = (mine, other);
        }

        var flops = 2e-9 * m * n * k;
        var value = flops / Median(ours);
        return BenchResult.HigherIsBetter(
            $"fp32 {kernel.Name} {m}×{n}×{k}", value, "GFLOP/s", missing is null ? flops / Median(theirs) : null, missing ?? $"OpenBLAS ({BenchOpenBlas.Core}), 1 thread");
    }

    private static double Seconds(Action body)
    {
        var started = Stopwatch.GetTimestamp();
        body();
        return Stopwatch.GetElapsedTime(started).TotalSeconds;
    }

    private static double Median(double[] values) => values.Order().ElementAt(values.Length / 2);

    private static float[] Values(Random random, int count) => [.. Enumerable.Range(0, count).Select(_ => random.NextSingle() - 0.5f)];
}
