using System.Diagnostics;
using Cluster.Timing;

namespace Cluster.Cli.Commands.Wire;

/// <summary>
/// What this host can keep at all: one thread that does nothing but tick clocks of 10 ms, half a millisecond apart, on absolute
/// times. Its deviations are the host's: other work, the system, the neighbours of a virtual machine.
/// </summary>
internal static class LoneClock
{
    private const int Clocks = 20;
    private const int TicksPerClock = 500;

    /// <summary>Median and 99th percentile of |gap − <paramref name="pace"/>|, milliseconds.</summary>
    public static (double P50Ms, double P99Ms) Measure(TimeSpan pace)
    {
        var stepTicks = pace.TotalSeconds * Stopwatch.Frequency / Clocks;
        var at = new long[Clocks * TicksPerClock];
        var thread = new Thread(() =>
        {
            var startTicks = Stopwatch.GetTimestamp();
            for (var i = 0; i < at.Length; i++)
            {
                var dueTicks = startTicks + (long)(stepTicks * (i + 1));
                for (var left = dueTicks - Stopwatch.GetTimestamp(); left > 0; left = dueTicks - Stopwatch.GetTimestamp())
                    FineSleep.For((long)(left * (1e9 / Stopwatch.Frequency)));
                at[i] = Stopwatch.GetTimestamp();
            }
        });
        thread.Start();
        thread.Join();
        var deviations = at.Skip(Clocks).Zip(at, (now, before) => Math.Abs(Stopwatch.GetElapsedTime(before, now).TotalMilliseconds - pace.TotalMilliseconds)).Order().ToArray();
        return (deviations[deviations.Length / 2], deviations[(int)(deviations.Length * 0.99)]);
    }
}
