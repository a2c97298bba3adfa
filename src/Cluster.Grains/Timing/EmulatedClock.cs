using System.Diagnostics;
using Cluster.Engine.Units;
using Cluster.Grains.Messages;

namespace Cluster.Grains.Timing;

/// <summary>Emulated time, tied to the wall clock by the time scale; absolute, so that waits never add their errors up. Thread-safe.</summary>
public sealed class EmulatedClock
{
    private readonly Pacer _pacer;
    private readonly Lock _gate = new();
    private volatile Course _course;
    private TimeReading? _last;

    /// <param name="scale">Emulated seconds per wall second, 0.01 to 100.</param>
    /// <param name="epochUtc">When emulated time began, for a process that joins a cluster; null: now.</param>
    public EmulatedClock(Pacer pacer, double scale = 1, DateTime? epochUtc = null)
    {
        _pacer = pacer;
        var from = epochUtc is { } began ? TimestampOf(began) : Stopwatch.GetTimestamp();
        _course = new Course(new Stretch(from, 0, Checked(scale)), null);
    }

    /// <summary>Raised with the scale that a reading brings, as soon as it is known.</summary>
    public event Action<double>? ScaleChanged;

    /// <summary>From a moment on, time runs at one scale.</summary>
    private sealed record Stretch(long FromTimestamp, long FromNs, double Scale)
    {
        private readonly double _nsPerTick = Scale * Time.Second / Stopwatch.Frequency;

        public long ToNs(long timestamp) => FromNs + (long)((timestamp - FromTimestamp) * _nsPerTick);

        public long ToTimestamp(long emulatedNs) => FromTimestamp + (long)((emulatedNs - FromNs) / _nsPerTick);
    }

    /// <summary>The stretch at hand, and the one that follows it where that is known.</summary>
    private sealed record Course(Stretch Now, Stretch? Next)
    {
        public Stretch At(long timestamp) => Next is { } next && timestamp >= next.FromTimestamp ? next : Now;

        public long ToNs(long timestamp) => At(timestamp).ToNs(timestamp);

        public long ToTimestamp(long emulatedNs) => (Next is { } next && emulatedNs >= next.FromNs ? next : Now).ToTimestamp(emulatedNs);
    }

    /// <summary>Goes by another beginning from now on: the one that the cluster was found to have.</summary>
    public void Align(DateTime epochUtc) => Take(new TimeReading(epochUtc, 0, Scale));

    /// <summary>Emulated seconds per wall second, 0.01 to 100.</summary>
    public double Scale => _course.At(Stopwatch.GetTimestamp()).Scale;

    /// <summary>What to tell all processes so that time runs at another scale from a moment ahead on; emulated time neither jumps nor stands still.</summary>
    public TimeReading ReadingAhead(double scale, TimeSpan lead)
    {
        var (timestamp, utc) = Both();
        return new TimeReading(utc + lead, ToEmulatedNs(timestamp + Ticks(lead)), Checked(scale));
    }

    /// <summary>Goes by this reading from its moment on. The same one again changes nothing.</summary>
    public void Take(TimeReading reading)
    {
        ArgumentNullException.ThrowIfNull(reading);
        lock (_gate)
        {
            if (reading == _last) return;
            _last = reading;
            var before = _course;
            var next = new Stretch(TimestampOf(reading.FromUtc), reading.FromNs, Checked(reading.Scale));
            var now = Stopwatch.GetTimestamp();
            var after = _course = next.FromTimestamp > now ? new Course(before.At(now), next) : new Course(next, null);
            _pacer.Remap(due => after.ToTimestamp(before.ToNs(due) + 1) + 1);
        }

        ScaleChanged?.Invoke(reading.Scale);
    }

    /// <summary>Emulated nanoseconds since the cluster began.</summary>
    public long NowNs => ToEmulatedNs(Stopwatch.GetTimestamp());

    /// <summary>The emulated moment of a <see cref="Stopwatch"/> reading.</summary>
    public long ToEmulatedNs(long timestamp) => _course.ToNs(timestamp);

    /// <summary>The <see cref="Stopwatch"/> reading of an emulated moment.</summary>
    public long ToTimestamp(long emulatedNs) => _course.ToTimestamp(emulatedNs);

    /// <summary>The wall time of an emulated moment, at the present scale.</summary>
    public DateTime ToUtc(long emulatedNs) => DateTime.UtcNow + Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp(), ToTimestamp(emulatedNs));

    /// <summary>Completes at this emulated moment, at once if it has passed.</summary>
    public Task WaitUntilAsync(long emulatedNs) => WaitUntilAsync(emulatedNs, goesOnAtOnce: false);

    /// <summary>As <see cref="WaitUntilAsync(long)"/>, and who awaits it without its context goes on at once, on the clock's own thread: shortly, for others wait for that.</summary>
    public Task ReachAsync(long emulatedNs) => WaitUntilAsync(emulatedNs, goesOnAtOnce: true);

    private Task WaitUntilAsync(long emulatedNs, bool goesOnAtOnce)
    {
        var course = _course;
        var sleep = _pacer.WaitUntilAsync(course.ToTimestamp(emulatedNs) + 1, goesOnAtOnce);
        // Who sleeps is given another time when the scale changes; between working the wake-up out and going to sleep it may have been missed.
        return ReferenceEquals(course, _course) ? sleep : SleepOnAsync(sleep, emulatedNs, goesOnAtOnce);
    }

    private async Task SleepOnAsync(Task sleep, long emulatedNs, bool goesOnAtOnce)
    {
        await sleep.ConfigureAwait(false);
        if (NowNs < emulatedNs) await WaitUntilAsync(emulatedNs, goesOnAtOnce).ConfigureAwait(false);
    }

    private static long TimestampOf(DateTime utc)
    {
        var (timestamp, now) = Both();
        return timestamp + Ticks(utc - now);
    }

    private static long Ticks(TimeSpan span) => (long)(span.TotalSeconds * Stopwatch.Frequency);

    /// <summary>Both clocks at one moment: read again when the host took a pause in between.</summary>
    private static (long Timestamp, DateTime Utc) Both()
    {
        for (var tries = 0; ; tries++)
        {
            var (before, utc, after) = (Stopwatch.GetTimestamp(), DateTime.UtcNow, Stopwatch.GetTimestamp());
            if (tries == 100 || Stopwatch.GetElapsedTime(before, after) < TimeSpan.FromMicroseconds(5)) return (before + (after - before) / 2, utc);
        }
    }

    private static double Checked(double scale) => scale is >= 0.01 and <= 100
        ? scale
        : throw new ArgumentOutOfRangeException(nameof(scale), scale, "time.scale is emulated seconds per wall second, from 0.01 to 100.");
}
