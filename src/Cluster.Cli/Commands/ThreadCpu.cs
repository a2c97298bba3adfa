using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Cluster.Cli.Commands;

/// <summary>CPU time of the calling thread, user and system.</summary>
internal static partial class ThreadCpu
{
    private const int ThreadCpuTime = 3;

    /// <summary>Only differences mean anything. Wall time where the system does not tell.</summary>
    public static double Seconds() => OperatingSystem.IsLinux() && ClockGetTime(ThreadCpuTime, out var time) == 0
        ? time.Seconds + time.Nanoseconds / 1e9
        : Stopwatch.GetTimestamp() / (double)Stopwatch.Frequency;

    [LibraryImport("libc", EntryPoint = "clock_gettime")]
    private static partial int ClockGetTime(int clock, out TimeSpec time);

    [StructLayout(LayoutKind.Sequential)]
    private struct TimeSpec
    {
        public nint Seconds;
        public nint Nanoseconds;
    }
}
