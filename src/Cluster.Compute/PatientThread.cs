using System.Runtime.InteropServices;

namespace Cluster.Compute;

/// <summary>
/// Asks Linux not to let the calling thread interrupt others when it has work again; its share of the processor stays what it was.
/// Less than its share it must not have: whoever collects garbage waits for it. Where the system refuses, the thread is as all others.
/// </summary>
internal static partial class PatientThread
{
    private const int Batch = 3;

    public static void Ask()
    {
        if (OperatingSystem.IsLinux()) _ = SchedSetScheduler(0, Batch, 0);
    }

    /// <param name="priority">What the system reads an <c>int</c> of priority from: 0 for all but real-time threads.</param>
    [LibraryImport("libc", EntryPoint = "sched_setscheduler")]
    private static partial int SchedSetScheduler(int thread, int policy, in int priority);
}
