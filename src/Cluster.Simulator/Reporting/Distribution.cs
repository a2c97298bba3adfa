using Cluster.Engine.Diagnosis;

namespace Cluster.Simulator.Reporting;

/// <summary>A latency distribution in milliseconds, as reports and JSON show it.</summary>
public sealed record Distribution(double Mean, double P50, double P90, double P99)
{
    public static Distribution Empty { get; } = new(0, 0, 0, 0);

    /// <summary>Exact quantiles, interpolated linearly between samples as NumPy does.</summary>
    /// <param name="samples">Sorted in place.</param>
    public static Distribution OfMilliseconds(List<double> samples)
    {
        ArgumentNullException.ThrowIfNull(samples);
        if (samples.Count == 0) return Empty;
        samples.Sort();
        return new Distribution(samples.Average(), Quantile(0.5), Quantile(0.9), Quantile(0.99));

        double Quantile(double q)
        {
            var at = q * (samples.Count - 1);
            var below = (int)at;
            var above = Math.Min(below + 1, samples.Count - 1);
            return samples[below] + (at - below) * (samples[above] - samples[below]);
        }
    }

    public static Distribution Of(DurationHistogram gaps)
    {
        ArgumentNullException.ThrowIfNull(gaps);
        return new Distribution(gaps.MeanNs / 1e6, gaps.QuantileNs(0.5) / 1e6, gaps.QuantileNs(0.9) / 1e6, gaps.QuantileNs(0.99) / 1e6);
    }
}
