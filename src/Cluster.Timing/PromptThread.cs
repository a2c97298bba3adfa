using System.Runtime.InteropServices;

namespace Cluster.Timing;

/// <summary>
/// Asks Linux to run the calling thread promptly when it is due. The framework's thread priorities do nothing there; elsewhere
/// this does nothing. Whatever the system refuses is left as it is: a thread that may not ask for more still keeps its turn.
/// </summary>
public static partial class PromptThread
{
    private const int SetTimerSlack = 29;
    private const int ByProcess = 0;
    private const int OrdinaryPolicy = 0;
    private const uint RealTimePolicy = 2;
    private const uint LowestRealTimePriority = 1;
    private const int Niceness = -10;

    /// <summary>Threads that this one starts, such as those of the pool, are as all others.</summary>
    private const ulong ResetOnFork = 1;

    /// <summary>The shortest slice that can be asked for: a thread with a short slice preempts those with long ones, and none for long.</summary>
    private const ulong SliceNs = 100_000;

    /// <summary>Lets the calling thread's sleeps end when they are due instead of up to 50 µs later, and has it run then.</summary>
    public static void Ask() => _ = Ask(beforeAllOthers: false);

    /// <summary>
    /// As <see cref="Ask()"/>, at real-time priority where the system grants that: whatever else the host does, other programs included,
    /// waits meanwhile. For threads that work for microseconds and hand on what takes longer, of programs that say so in their
    /// configuration: a test, say, that looks on must not starve while what it looks at keeps time.
    /// </summary>
    /// <returns>Whether it was granted.</returns>
    public static bool AskToGoFirst() => Ask(AppContext.TryGetSwitch("Xpyd.GoesFirst", out var goesFirst) && goesFirst);

    private static bool Ask(bool beforeAllOthers)
    {
        if (!OperatingSystem.IsLinux()) return false;
        _ = PrCtl(SetTimerSlack, 1, 0, 0, 0);
        // Whoever started the process at real-time priority, say, has asked for more already.
        if (GetScheduler(0) != OrdinaryPolicy) return false;
        var call = RuntimeInformation.ProcessArchitecture switch { Architecture.X64 => 314, Architecture.Arm64 => 274, _ => -1 };
        if (call < 0) return false;
        var size = (uint)Marshal.SizeOf<Scheduling>();
        if (beforeAllOthers && SetScheduling(call, 0, new Scheduling { Size = size, Policy = RealTimePolicy, Priority = LowestRealTimePriority, Flags = ResetOnFork }, 0) == 0) return true;
        var wish = new Scheduling { Size = size, Flags = ResetOnFork, Niceness = Niceness, RuntimeNs = SliceNs };
        if (SetScheduling(call, 0, in wish, 0) == 0) return false;
        // Only the privileged may go before others; the short slice is everybody's. Of a process means of the calling thread here.
        wish.Niceness = GetPriority(ByProcess, 0);
        _ = SetScheduling(call, 0, in wish, 0);
        return false;
    }

    [LibraryImport("libc", EntryPoint = "prctl")]
    private static partial int PrCtl(int option, nuint a, nuint b, nuint c, nuint d);

    [LibraryImport("libc", EntryPoint = "getpriority")]
    private static partial int GetPriority(int which, int who);

    [LibraryImport("libc", EntryPoint = "sched_getscheduler")]
    private static partial int GetScheduler(int thread);

    [LibraryImport("libc", EntryPoint = "syscall")]
    private static partial nint SetScheduling(nint call, int thread, in Scheduling wish, uint flags);

    [StructLayout(LayoutKind.Sequential)]
    private struct Scheduling
    {
        public uint Size;
        public uint Policy;
        public ulong Flags;
        public int Niceness;
        public uint Priority;
        public ulong RuntimeNs;
        public ulong DeadlineNs;
        public ulong PeriodNs;
    }
}
