using System.Diagnostics;

namespace Cluster.Load;

/// <summary>Wall time since the run began, in emulated nanoseconds.</summary>
internal sealed class LoadClock(double timeScale)
{
    private readonly long _startTicks = Stopwatch.GetTimestamp();

    public long NowNs => ToNs(Stopwatch.GetTimestamp());

    public long ToNs(long ticks) => (long)((ticks - _startTicks) * (1e9 / Stopwatch.Frequency) * timeScale);

    /// <summary>Wall time from now until <paramref name="dueNs"/>; zero or less when it has passed.</summary>
    public TimeSpan Until(long dueNs) => TimeSpan.FromSeconds((dueNs - NowNs) / 1e9 / timeScale);

    /// <summary>Returns at <paramref name="dueNs"/>, give or take a timer's grain of about 1 ms.</summary>
    public async ValueTask WaitAsync(long dueNs, CancellationToken cancellationToken)
    {
        // Timers are limited to some 24 days; a long wait is taken in pieces.
        for (var left = Until(dueNs); left > TimeSpan.Zero; left = Until(dueNs))
            await Task.Delay(left > TimeSpan.FromHours(1) ? TimeSpan.FromHours(1) : TimeSpan.FromMilliseconds(Math.Ceiling(left.TotalMilliseconds)), cancellationToken);
    }
}
