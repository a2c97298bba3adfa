namespace Cluster.Compute.Calibration;

internal static class Statistics
{
    /// <summary>The middle value, or the lower of the two in the middle. Sorts <paramref name="values"/> in place.</summary>
    public static long Median(Span<long> values)
    {
        values.Sort();
        return values[(values.Length - 1) / 2];
    }
}
