using Cluster.Engine.Topology;
using Cluster.Engine.Units;

namespace Cluster.Cli.Commands;

/// <summary>
/// Instances that step at time scale 1 with matmul on, through the real grains: how late their steps end against the absolute
/// clock, beside idle threads on the same clock before and after, and how the emulated duration compares with the model's.
/// </summary>
internal static class BenchPace
{
    private const int Batch = 32;
    private static readonly TimeSpan s_length = TimeSpan.FromSeconds(4);
    private static readonly TimeSpan s_reference = TimeSpan.FromSeconds(2);

    public static IReadOnlyList<BenchResult> Run(CancellationToken cancellation) => RunAsync(cancellation).GetAwaiter().GetResult();

    private static async Task<IReadOnlyList<BenchResult>> RunAsync(CancellationToken cancellation)
    {
        var results = new List<BenchResult>();
        foreach (var (instances, mode) in new[] { (1, ComputeMode.Measured), (16, ComputeMode.Measured), (64, ComputeMode.Paced) })
            results.AddRange(await RunAtAsync(instances, mode, cancellation));
        return results;
    }

    private static async Task<IReadOnlyList<BenchResult>> RunAtAsync(int instances, ComputeMode mode, CancellationToken cancellation)
    {
        var name = $"{instances} instances, {mode.ToString().ToLowerInvariant()}";
        var idle = HostPulse.Measure(s_reference);
        var results = await MeasureAsync(name, instances, mode, cancellation);
        idle.Add(HostPulse.Measure(s_reference));
        var (late, idleLate) = (results[0].Value, idle.QuantileNs(0.99) / Time.Millisecond);
        return [results[0], BenchResult.LowerIsBetter($"{name}: step lateness p99, this host", late, "ms", idleLate, "p99 of idle threads, just before and after"), .. results.Skip(1)];
    }

    private static async Task<BenchResult[]> MeasureAsync(string name, int instances, ComputeMode mode, CancellationToken cancellation)
    {
        await using var cluster = await BenchedCluster.StartAsync(instances, Batch, mode, cancellation);
        await BenchedCluster.WarmUpAsync(cancellation);
        cluster.Gauge.Restart();
        var cpu = await BenchedCluster.CpuOfAsync(s_length, cancellation);
        var (gauge, health) = (cluster.Gauge, cluster.Resources.Compute.Health);
        var ratio = gauge.MedianRatio;
        return
        [
            BenchResult.LowerIsBetter($"{name}: step lateness p99", gauge.Lateness.QuantileNs(0.99) / Time.Millisecond, "ms", 1, "aim"),
            new BenchResult($"{name}: step lateness p50", gauge.Lateness.QuantileNs(0.5) / Time.Millisecond, "ms"),
            new BenchResult($"{name}: emulated ÷ model, median", ratio, "", 1, ratio) { Note = string.Join(' ', [mode == ComputeMode.Measured ? "model; aim within 5 %." : "model; aim within 2 %.", .. cluster.Resources.Compute.Notes]) },
            new BenchResult($"{name}: slice ÷ calibrated, median", health.Ratios.Quantile(0.5), "", 1) { Note = "calibration, less what the run's load explains" },
            new BenchResult($"{name}: slice ÷ calibrated, p99", health.SliceRatios.Quantile(0.99), "", 1) { Note = "whole slice, interruptions included" },
            new BenchResult($"{name}: saturated steps", 100.0 * health.SaturatedSteps / Math.Max(1, health.Steps), "%"),
            new BenchResult($"{name}: host", 100 * cpu.TotalSeconds / s_length.TotalSeconds / Environment.ProcessorCount, "%") { Note = $"of {Environment.ProcessorCount} cores; {gauge.Steps / s_length.TotalSeconds:F0} steps/s of {gauge.MeanBatch:F0} sequences" },
        ];
    }
}
