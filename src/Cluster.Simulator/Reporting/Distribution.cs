using Cluster.Engine.Diagnosis;

namespace Cluster.Simulator.Reporting;

/// <summary>A latency distribution in milliseconds, as reports and JSON show it.</summary>
public sealed record Distribution(double Mean, double P50, double P90, double P99)
{
    public static Distribution Empty { get; } = new(0, 0, 0, 0);

    /// <summary>Exact quantiles, interpolated linearly between samples as NumPy does.</summary>
    public static Distribution OfMilliseconds(IEnumerable<double> samples)
    {
        var sorted = samples.ToArray();
        if (sorted.Length == 0) return Empty;
        Array.Sort(sorted);
        return new Distribution(sorted.Average(), Quantile(0.5), Quantile(0.9), Quantile(0.99));

        double Quantile(double q)
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
