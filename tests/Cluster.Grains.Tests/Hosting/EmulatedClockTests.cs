using System.Diagnostics;
using Cluster.Grains.Messages;
using Cluster.Grains.Timing;

namespace Cluster.Grains.Tests.Hosting;

/// <summary>One time in several processes, whatever its scale: each clock here stands for a process.</summary>
public sealed class EmulatedClockTests : IDisposable
{
    private const long Second = 1_000_000_000;

    /// <summary>The two clocks of a host are read one after the other.</summary>
    private const long Near = 1_000_000;

    private readonly Pacer _pacer = new();

    public void Dispose() => _pacer.Dispose();

    [Fact]
    public void A_reading_ahead_bends_time_at_its_moment_and_nowhere_jumps()
    {
        var clock = new EmulatedClock(_pacer);
        var reading = clock.ReadingAhead(10, TimeSpan.FromSeconds(100));
        clock.Take(reading);
        clock.Scale.ShouldBe(1);
        var bend = clock.ToTimestamp(reading.FromNs);
        clock.ToEmulatedNs(bend).ShouldBeInRange(reading.FromNs - Near, reading.FromNs + Near);
        (clock.ToEmulatedNs(bend) - clock.ToEmulatedNs(bend - Stopwatch.Frequency)).ShouldBeInRange(Second - Near, Second + Near);
        (clock.ToEmulatedNs(bend + Stopwatch.Frequency) - clock.ToEmulatedNs(bend)).ShouldBeInRange(10 * Second - Near, 10 * Second + Near);
        (clock.ToTimestamp(reading.FromNs + 10 * Second) - bend).ShouldBeInRange(Stopwatch.Frequency - Near, Stopwatch.Frequency + Near);
    }

    [Fact]
    public void All_processes_that_take_a_reading_tell_the_same_time_from_then_on()
    {
        var epoch = DateTime.UtcNow - TimeSpan.FromSeconds(5);
        var (first, second, late) = (new EmulatedClock(_pacer, 2, epoch), new EmulatedClock(_pacer, 2, epoch), new EmulatedClock(_pacer, 2, epoch));
        var reading = first.ReadingAhead(50, TimeSpan.FromSeconds(1));
        first.Take(reading);
        second.Take(reading);
        var then = first.ToTimestamp(reading.FromNs) + 10 * Stopwatch.Frequency;
        // Two clocks are read for each, a moment apart: a millisecond of the wall is 50 of theirs.
        (second.ToEmulatedNs(then) - first.ToEmulatedNs(then)).ShouldBeInRange(-Second / 2, Second / 2);
        // One that never heard of it is far behind.
        (first.ToEmulatedNs(then) - late.ToEmulatedNs(then)).ShouldBeGreaterThan(400 * Second);
    }

    [Fact]
    public void The_same_reading_again_changes_nothing()
    {
        var clock = new EmulatedClock(_pacer);
        var reading = clock.ReadingAhead(10, TimeSpan.Zero);
        clock.Take(reading);
        var later = Stopwatch.GetTimestamp() + 10 * Stopwatch.Frequency;
        var before = clock.ToEmulatedNs(later);
        var raised = 0;
        clock.ScaleChanged += _ => raised++;
        clock.Take(reading with { });
        (clock.ToEmulatedNs(later), raised).ShouldBe((before, 0));
    }

    [Fact]
    public async Task Whoever_waits_wakes_by_the_new_scale()
    {
        var clock = new EmulatedClock(_pacer, 0.01);
        var waiting = clock.WaitUntilAsync(clock.NowNs + 30 * Second);
        clock.Take(clock.ReadingAhead(100, TimeSpan.FromMilliseconds(20)));
        // At the old scale this would take most of an hour.
        await waiting;
        clock.Scale.ShouldBe(100);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(0.009)]
    [InlineData(101)]
    [InlineData(double.NaN)]
    public void A_scale_out_of_range_is_refused(double scale)
    {
        Should.Throw<ArgumentOutOfRangeException>(() => new EmulatedClock(_pacer, scale)).Message.ShouldContain("from 0.01 to 100");
        var clock = new EmulatedClock(_pacer);
        Should.Throw<ArgumentOutOfRangeException>(() => clock.Take(new TimeReading(DateTime.UtcNow, 0, scale)));
        clock.Scale.ShouldBe(1);
    }
}
