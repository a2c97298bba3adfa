using System.Diagnostics;
using Cluster.Engine.Units;

namespace Cluster.Grains.Timing;

/// <summary>Emulated time, tied to the wall clock by the time scale; absolute, so that waits never add their errors up.</summary>
public sealed class EmulatedClock
{
    private readonly Pacer _pacer;
    private readonly long _epoch;

    /// <param name="scale">Emulated seconds per wall second, 0.01 to 100.</param>
    public EmulatedClock(Pacer pacer, double scale = 1)
    {
        if (!(scale is >= 0.01 and <= 100))
            throw new ArgumentOutOfRangeException(nameof(scale), scale, "time.scale is emulated seconds per wall second, from 0.01 to 100.");
        _pacer = pacer;
        _epoch = Stopwatch.GetTimestamp();
        Scale = scale;
    }

    public double Scale { get; }

    /// <summary>Emulated nanoseconds since the cluster began.</summary>
    public long NowNs => ToEmulatedNs(Stopwatch.GetTimestamp());

    /// <summary>The emulated moment of a <see cref="Stopwatch"/> reading.</summary>
    public long ToEmulatedNs(long timestamp) =>
        (long)((timestamp - _epoch) * (Scale * Time.Second / Stopwatch.Frequency));

    /// <summary>The <see cref="Stopwatch"/> reading of an emulated moment.</summary>
    public long ToTimestamp(long emulatedNs) => _epoch + (long)(emulatedNs / (Scale * Time.Second / Stopwatch.Frequency));

    /// <summary>Completes at this emulated moment, at once if it has passed.</summary>
    public Task WaitUntilAsync(long emulatedNs) => _pacer.WaitUntilAsync(ToTimestamp(emulatedNs));
}
