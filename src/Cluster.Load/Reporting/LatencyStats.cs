using Cluster.Engine.Diagnosis;

namespace Cluster.Load.Reporting;

/// <summary>A latency distribution in milliseconds.</summary>
public sealed record LatencyStats(double Mean, double P50, double P90, double P99)
{
    public static LatencyStats None { get; } = new(0, 0, 0, 0);

    /// <summary>Exact quantiles, interpolated linearly between samples, as NumPy and so vLLM's and AIPerf's reports do.</summary>
    public static LatencyStats OfNs(IEnumerable<double> samplesNs)
    {
        var sorted = samplesNs.Select(ns => ns / 1e6).Order().ToArray();
        return sorted.Length == 0 ? None : new LatencyStats(sorted.Average(), At(0.5), At(0.9), At(0.99));

        double At(double quantile)
        {
            var at = quantile * (sorted.Length - 1);
            var below = (int)at;
            return sorted[below] + (at - below) * (sorted[Math.Min(below + 1, sorted.Length - 1)] - sorted[below]);
        }
    }

    /// <summary>Quantiles within 0.1 %.</summary>
    public static LatencyStats Of(DurationHistogram gaps)
    {
        ArgumentNullException.ThrowIfNull(gaps);
        return gaps.Count == 0 ? None : new LatencyStats(gaps.MeanNs / 1e6, gaps.QuantileNs(0.5) / 1e6, gaps.QuantileNs(0.9) / 1e6, gaps.QuantileNs(0.99) / 1e6);
    }
}
