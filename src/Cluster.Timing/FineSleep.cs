using System.Runtime.InteropServices;

namespace Cluster.Timing;

/// <summary>A sleep good to tens of microseconds where the system has one; the framework's are good to a millisecond.</summary>
public static partial class FineSleep
{
    /// <summary>Blocks the calling thread for about <paramref name="nanoseconds"/>; a signal may end it early, so callers look at the clock again.</summary>
    public static void For(long nanoseconds)
    {
        if (nanoseconds <= 0) return;
        if (!OperatingSystem.IsLinux() && !OperatingSystem.IsMacOS())
        {
            Thread.Sleep(nanoseconds > 2_000_000 ? 1 : 0);
            return;
        }

        var (seconds, rest) = Math.DivRem(nanoseconds, 1_000_000_000);
        var span = new TimeSpec { Seconds = (nint)seconds, Nanoseconds = (nint)rest };
        _ = NanoSleep(in span, 0);
    }

    [LibraryImport("libc", EntryPoint = "nanosleep")]
    private static partial int NanoSleep(in TimeSpec span, nint remaining);

    [StructLayout(LayoutKind.Sequential)]
    private struct TimeSpec
    {
        public nint Seconds;
        public nint Nanoseconds;
    }
}
