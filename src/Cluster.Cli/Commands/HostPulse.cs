using System.Diagnostics;
using Cluster.Engine.Diagnosis;
using Cluster.Timing;

namespace Cluster.Cli.Commands;

/// <summary>
/// What this host can do at all: threads with nothing else to do, one per core, that wake on an absolute clock. How late they are
/// is what nothing that keeps time here can be better than: the host's own pauses, and whoever else runs on it.
/// </summary>
internal static class HostPulse
{
    private static readonly long s_period = Stopwatch.Frequency / 1_000;

    /// <summary>Lateness of every wake-up in so much time, wall nanoseconds.</summary>
    public static DurationHistogram Measure(TimeSpan length)
    {
        var beats = new DurationHistogram[Environment.ProcessorCount];
        var threads = new Thread[beats.Length];
        for (var i = 0; i < threads.Length; i++)
        {
            var (own, offset) = (i, i * s_period / threads.Length);
            threads[i] = new Thread(() => beats[own] = Beat(length, offset));
            threads[i].Start();
        }

        foreach (var thread in threads) thread.Join();
        var all = new DurationHistogram();
        foreach (var one in beats) all.Add(one);
        return all;
    }

    private static DurationHistogram Beat(TimeSpan length, long offset)
    {
        PromptThread.Ask();
        var lateness = new DurationHistogram();
        var due = Stopwatch.GetTimestamp() + offset;
        for (var beats = (long)(length.TotalSeconds * Stopwatch.Frequency) / s_period; beats > 0; beats--)
        {
            due += s_period;
            for (var early = due - Stopwatch.GetTimestamp(); early > 0; early = due - Stopwatch.GetTimestamp()) FineSleep.For((long)(early * (1e9 / Stopwatch.Frequency)));
            lateness.Record((long)((Stopwatch.GetTimestamp() - due) * (1e9 / Stopwatch.Frequency)));
        }

        return lateness;
    }
}
