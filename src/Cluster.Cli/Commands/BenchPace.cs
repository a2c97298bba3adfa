using System.Diagnostics;
using Cluster.Compute;
using Cluster.Engine.Cost;
using Cluster.Engine.Topology;
using Cluster.Grains.Timing;

namespace Cluster.Cli.Commands;

/// <summary>
/// Instances that step against an absolute clock with matmul on, all at once: how late their steps end, and how the emulated
/// duration compares with the model's. Timers and pool alone, without grains or requests.
/// </summary>
internal static class BenchPace
{
    private const double StepSeconds = 0.02;
    private const double H100RidgeFlopsPerByte = 295;
    private static readonly TimeSpan Length = TimeSpan.FromSeconds(4);

    /// <summary>Llama-3.1-8B decoding 32 sequences: 16 GB of weights, thin and bandwidth-bound.</summary>
    private static readonly StepCost Decode = new(StepSeconds, 0.001, 0.017, 0, 0.002, 5.2e11, 1.8e10, 0, false);

    public static IReadOnlyList<BenchResult> Run(CancellationToken cancellation)
    {
        var results = new List<BenchResult>();
        foreach (var (instances, mode) in new[] { (1, ComputeMode.Measured), (16, ComputeMode.Measured), (64, ComputeMode.Paced) })
            results.AddRange(RunAt(instances, mode, cancellation));
        return results;
    }

    private static IEnumerable<BenchResult> RunAt(int instances, ComputeMode mode, CancellationToken cancellation)
    {
        using var host = new ComputeHost(new ComputeOptions { Mode = mode, Instances = instances });
        var lateness = new List<double>[instances];
        var emulated = new List<double>[instances];
        var threads = Enumerable.Range(0, instances)
            .Select(i => new Thread(() => Step(host, lateness[i] = [], emulated[i] = [], i * StepSeconds / instances, cancellation)))
            .ToList();
        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());
        cancellation.ThrowIfCancellationRequested();
        var late = lateness.SelectMany(l => l).Order().ToList();
        var ratio = emulated.SelectMany(e => e).Order().ToList();
        var name = $"{instances} instances, {mode.ToString().ToLowerInvariant()}";
        yield return BenchResult.LowerIsBetter($"{name}: step lateness p99", At(late, 0.99) * 1e3, "ms", 1, "aim");
        yield return new BenchResult($"{name}: step lateness p50", At(late, 0.5) * 1e3, "ms");
        yield return new BenchResult($"{name}: emulated ÷ model, median", At(ratio, 0.5), "", 1, At(ratio, 0.5)) { Note = "model" };
        yield return new BenchResult($"{name}: slice ÷ calibrated, median", host.Health.Ratios.Quantile(0.5), "", 1, host.Health.Ratios.Quantile(0.5)) { Note = "calibration" };
        yield return new BenchResult($"{name}: slice ÷ calibrated, p99", host.Health.SliceRatios.Quantile(0.99), "", 1) { Note = "whole slice, interruptions included" };
        yield return new BenchResult($"{name}: saturated steps", 100.0 * host.Health.SaturatedSteps / Math.Max(1, host.Health.Steps), "%");
    }

    /// <summary>The next step is due when the last one was, plus its emulated duration: errors do not add up.</summary>
    private static void Step(ComputeHost host, List<double> lateness, List<double> emulated, double offset, CancellationToken cancellation)
    {
        var timer = host.CreateTimer(H100RidgeFlopsPerByte);
        var started = Stopwatch.GetTimestamp();
        for (var due = offset; due < Length.TotalSeconds && !cancellation.IsCancellationRequested;)
        {
            var timing = timer.RunAsync(default, Decode, CancellationToken.None).AsTask().GetAwaiter().GetResult();
            due += timing.EmulatedDurationNs / 1e9;
            emulated.Add(timing.EmulatedDurationNs / (StepSeconds * 1e9));
            for (double left; (left = due - Stopwatch.GetElapsedTime(started).TotalSeconds) > 0;) FineSleep.For((long)(left * 1e9));
            lateness.Add(Stopwatch.GetElapsedTime(started).TotalSeconds - due);
        }
    }

    private static double At(List<double> ordered, double quantile) => ordered[Math.Min(ordered.Count - 1, (int)(quantile * ordered.Count))];
}
