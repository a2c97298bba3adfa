using System.Numerics;

namespace Cluster.Engine.Diagnosis;

/// <summary>Durations by buckets of which there are 32 per octave: a quantile from their counts is right within 1.6 %.</summary>
public static class LogBuckets
{
    private const int SubBits = 5;

    /// <summary>The bucket of a duration; all up to 1 ns share the first.</summary>
    public static int Of(long ns)
    {
        ns = Math.Max(1, ns);
        var octave = BitOperations.Log2((ulong)ns);
        var sub = octave <= SubBits ? ns << (SubBits - octave) : ns >> (octave - SubBits);
        return (octave << SubBits) + (int)(sub & ((1 << SubBits) - 1));
    }

    /// <summary>The duration in the middle of a bucket, nanoseconds.</summary>
    public static double MiddleNs(int bucket)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bucket);
        var (octave, sub) = (bucket >> SubBits, bucket & ((1 << SubBits) - 1));
        return Math.ScaleB(((1 << SubBits) + sub + (octave <= SubBits ? 0 : 0.5)) / (1 << SubBits), octave);
    }
}
