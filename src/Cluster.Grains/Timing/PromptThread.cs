using System.Runtime.InteropServices;

namespace Cluster.Grains.Timing;

/// <summary>
/// Asks Linux to run the calling thread promptly when it is due. The framework's thread priorities do nothing there; elsewhere
/// this does nothing. Whatever the system refuses is left as it is: a thread that may not ask for more still keeps its turn.
/// </summary>
public static partial class PromptThread
{
    private const int SetTimerSlack = 29;
    private const int ByProcess = 0;
    private const int Niceness = -10;

    /// <summary>The shortest slice that can be asked for: a thread with a short slice preempts those with long ones, and none for long.</summary>
    private const ulong SliceNs = 100_000;

    /// <summary>Lets the calling thread's sleeps end when they are due instead of up to 50 µs later, and has it run then.</summary>
    public static void Ask()
    {
        if (!OperatingSystem.IsLinux()) return;
        _ = PrCtl(SetTimerSlack, 1, 0, 0, 0);
        // Of a process, on Linux, means of the calling thread. Only the privileged may.
        var niceness = SetPriority(ByProcess, 0, Niceness) == 0 ? Niceness : GetPriority(ByProcess, 0);
        var call = RuntimeInformation.ProcessArchitecture switch { Architecture.X64 => 314, Architecture.Arm64 => 274, _ => -1 };
        if (call < 0) return;
        var wish = new Scheduling { Size = (uint)Marshal.SizeOf<Scheduling>(), Niceness = niceness, RuntimeNs = SliceNs };
        _ = SetScheduling(call, 0, in wish, 0);
    }

    [LibraryImport("libc", EntryPoint = "prctl")]
    private static partial int PrCtl(int option, nuint a, nuint b, nuint c, nuint d);

    [LibraryImport("libc", EntryPoint = "setpriority")]
    private static partial int SetPriority(int which, int who, int niceness);

    [LibraryImport("libc", EntryPoint = "getpriority")]
    private static partial int GetPriority(int which, int who);

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
