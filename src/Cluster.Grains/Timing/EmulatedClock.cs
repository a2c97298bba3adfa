using System.Diagnostics;
using Cluster.Engine.Units;

namespace Cluster.Grains.Timing;

/// <summary>Emulated time, tied to the wall clock by the time scale; absolute, so that waits never add their errors up. Thread-safe.</summary>
public sealed class EmulatedClock
{
    private readonly Pacer _pacer;
    private volatile Stretch _stretch;

    /// <param name="scale">Emulated seconds per wall second, 0.01 to 100.</param>
    /// <param name="epochUtc">When emulated time began, for a process that joins a cluster; null: now.</param>
    public EmulatedClock(Pacer pacer, double scale = 1, DateTime? epochUtc = null)
    {
        _pacer = pacer;
        _stretch = new Stretch(TimestampOf(epochUtc), 0, Checked(scale));
    }

    /// <summary>Goes by another beginning from now on: the one that the cluster was found to have.</summary>
    public void Align(DateTime epochUtc) => _stretch = new Stretch(TimestampOf(epochUtc), 0, Scale);

    /// <summary>From a moment on, time runs at one scale.</summary>
    private sealed record Stretch(long FromTimestamp, long FromNs, double Scale)
    {
        private readonly double _nsPerTick = Scale * Time.Second / Stopwatch.Frequency;

        public long ToNs(long timestamp) => FromNs + (long)((timestamp - FromTimestamp) * _nsPerTick);

        public long ToTimestamp(long emulatedNs) => FromTimestamp + (long)((emulatedNs - FromNs) / _nsPerTick);
    }

    /// <summary>Emulated seconds per wall second, 0.01 to 100. A change takes effect at once; emulated time neither jumps nor stands still.</summary>
    public double Scale
    {
        get => _stretch.Scale;
        set
        {
            var (before, now) = (_stretch, Stopwatch.GetTimestamp());
            var after = _stretch = new Stretch(now, before.ToNs(now), Checked(value));
            _pacer.Remap(due => after.ToTimestamp(before.ToNs(due)));
        }
    }

    /// <summary>Emulated nanoseconds since the cluster began.</summary>
    public long NowNs => ToEmulatedNs(Stopwatch.GetTimestamp());

    /// <summary>The emulated moment of a <see cref="Stopwatch"/> reading.</summary>
    public long ToEmulatedNs(long timestamp) => _stretch.ToNs(timestamp);

    /// <summary>The <see cref="Stopwatch"/> reading of an emulated moment.</summary>
    public long ToTimestamp(long emulatedNs) => _stretch.ToTimestamp(emulatedNs);

    /// <summary>Completes at this emulated moment, at once if it has passed.</summary>
    public async Task WaitUntilAsync(long emulatedNs)
    {
        // The scale may change between working the wake-up out and going to sleep: whoever wakes early sleeps again.
        while (NowNs < emulatedNs) await _pacer.WaitUntilAsync(ToTimestamp(emulatedNs) + 1);
    }

    private static long TimestampOf(DateTime? utc) => Stopwatch.GetTimestamp()
        - (utc is { } began ? (long)((DateTime.UtcNow - began).TotalSeconds * Stopwatch.Frequency) : 0);

    private static double Checked(double scale) => scale is >= 0.01 and <= 100
        ? scale
        : throw new ArgumentOutOfRangeException(nameof(scale), scale, "time.scale is emulated seconds per wall second, from 0.01 to 100.");
}
