namespace Cluster.Engine.Units;

/// <summary>Emulated time is a count of nanoseconds since the run began, in a <see cref="long"/> named <c>…Ns</c>.</summary>
public static class Time
{
    public const long Microsecond = 1_000;
    public const long Millisecond = 1_000_000;
    public const long Second = 1_000_000_000;

    /// <summary>A moment that never comes.</summary>
    public const long Never = long.MaxValue;

    /// <summary>A moment that has not been recorded.</summary>
    public const long Unset = -1;

    /// <summary>Rounds to the nearest nanosecond.</summary>
    /// <exception cref="OverflowException">The value is NaN or beyond 292 years.</exception>
    public static long FromSeconds(double seconds) => checked((long)Math.Round(seconds * Second));

    public static double ToSeconds(long ns) => ns / (double)Second;

    public static double ToMilliseconds(long ns) => ns / (double)Millisecond;
}
