namespace Cluster.Compute;

/// <summary>
/// Counts measured ÷ calibrated ratios in buckets of 2 %, from 0.05 to 60; what lies beyond counts in the outermost bucket.
/// Thread-safe, never allocates while recording, drops nothing.
/// </summary>
public sealed class RatioHistogram
{
    private const double Smallest = 0.05;
    private const int Buckets = 360;
    private static readonly double Step = Math.Log(1.02);
    private readonly long[] _counts = new long[Buckets];

    public long Count => _counts.Sum();

    public void Record(double ratio)
    {
        var bucket = ratio <= Smallest ? 0 : (int)Math.Round(Math.Log(ratio / Smallest) / Step);
        Interlocked.Increment(ref _counts[Math.Min(bucket, Buckets - 1)]);
    }

    /// <summary>The ratio that a share <paramref name="q"/> of all records does not exceed, to within 1 %; NaN while empty.</summary>
    public double Quantile(double q)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(q);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(q, 1);
        var total = Count;
        if (total == 0) return double.NaN;
        var wanted = Math.Max(1, (long)Math.Ceiling(q * total));
        var bucket = 0;
        for (var seen = _counts[0]; seen < wanted && bucket < Buckets - 1;) seen += _counts[++bucket];
        return Smallest * Math.Exp(bucket * Step);
    }

    /// <summary>Records that were above <paramref name="ratio"/>.</summary>
    public long CountAbove(double ratio)
    {
        var first = Math.Clamp((int)Math.Round(Math.Log(ratio / Smallest) / Step) + 1, 0, Buckets);
        return _counts.AsSpan(first).ToArray().Sum();
    }

    /// <summary>(ratio at the middle of the bucket, count) of every bucket that has any, in order.</summary>
    public IReadOnlyList<(double Ratio, long Count)> NonEmpty()
    {
        var rows = new List<(double, long)>();
        for (var bucket = 0; bucket < Buckets; bucket++)
        {
            if (Interlocked.Read(ref _counts[bucket]) is > 0 and var count) rows.Add((Smallest * Math.Exp(bucket * Step), count));
        }
        return rows;
    }

    public void Clear() => Array.Clear(_counts);
}
