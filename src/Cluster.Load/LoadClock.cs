using System.Diagnostics;

namespace Cluster.Load;

/// <summary>Wall time since the run began, in emulated nanoseconds.</summary>
/// <param name="startsIn">The run begins so much later, so that its first requests can be made ready.</param>
internal sealed class LoadClock(double timeScale, TimeSpan startsIn = default) : IDisposable
{
    /// <summary>Wall time before a request is due in which it is written down and its connection opened.</summary>
    public static readonly TimeSpan Lead = TimeSpan.FromMilliseconds(50);

    private readonly long _startTicks = Stopwatch.GetTimestamp() + (long)(startsIn.TotalSeconds * Stopwatch.Frequency);
    private readonly DueTimer _timer = new();

    public long NowNs => ToNs(Stopwatch.GetTimestamp());

    public long ToNs(long ticks) => (long)((ticks - _startTicks) * (1e9 / Stopwatch.Frequency) * timeScale);

    /// <summary>Wall time from now until <paramref name="dueNs"/>; zero or less when it has passed.</summary>
    public TimeSpan Until(long dueNs) => TimeSpan.FromSeconds((dueNs - NowNs) / 1e9 / timeScale);

    /// <summary>Returns <see cref="Lead"/> before <paramref name="dueNs"/>, give or take a timer's grain of about 1 ms.</summary>
    public async ValueTask ApproachAsync(long dueNs, CancellationToken cancellationToken)
    {
        // Timers are limited to some 24 days; a long wait is taken in pieces.
        for (var left = Until(dueNs) - Lead; left > TimeSpan.Zero; left = Until(dueNs) - Lead)
            await Task.Delay(left > TimeSpan.FromHours(1) ? TimeSpan.FromHours(1) : TimeSpan.FromMilliseconds(Math.Ceiling(left.TotalMilliseconds)), cancellationToken);
    }

    /// <summary>Completes at <paramref name="dueNs"/>, on a thread that must not be kept for long.</summary>
    public Task ReachAsync(long dueNs) => _timer.WaitUntilAsync(_startTicks + (long)Math.Ceiling(dueNs / timeScale * (Stopwatch.Frequency / 1e9)));

    public void Dispose() => _timer.Dispose();
}
