using Cluster.Engine.Diagnosis;

namespace Cluster.Simulator.Reporting;

/// <summary>A latency distribution in milliseconds, as reports and JSON show it.</summary>
public sealed record Distribution(double Mean, double P50, double P90, double P99)
{
    public static Distribution Empty { get; } = new(0, 0, 0, 0);

    /// <summary>Exact quantiles, interpolated linearly between samples as NumPy does.</summary>
    /// <param name="samples">Sorted in place.</param>
    public static Distribution OfMilliseconds(Span<double> samples)
    {
        if (samples.Length == 0) return Empty;
        samples.Sort();
        double sum = 0;
        foreach (var sample in samples) sum += sample;
        return new Distribution(sum / samples.Length, Quantile(samples, 0.5), Quantile(samples, 0.9), Quantile(samples, 0.99));

        static double Quantile(ReadOnlySpan<double> sorted, double q)
        {
            var at = q * (sorted.Length - 1);
            var below = (int)at;
            var above = Math.Min(below + 1, sorted.Length - 1);
            return sorted[below] + (at - below) * (sorted[above] - sorted[below]);
        }
    }

    public static Distribution Of(DurationHistogram gaps)
    {
        ArgumentNullException.ThrowIfNull(gaps);
        return new Distribution(gaps.MeanNs / 1e6, gaps.QuantileNs(0.5) / 1e6, gaps.QuantileNs(0.9) / 1e6, gaps.QuantileNs(0.99) / 1e6);
    }
}
