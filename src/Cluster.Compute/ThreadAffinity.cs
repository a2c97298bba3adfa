using System.Runtime.InteropServices;

namespace Cluster.Compute;

/// <summary>Fixes the calling thread to one core, on Linux and Windows; elsewhere it cannot and says so.</summary>
internal static partial class ThreadAffinity
{
    private const int CpuSetBytes = 128;

    /// <returns>Null when the thread is pinned, otherwise why not.</returns>
    public static string? TryPin(int core)
    {
        if (OperatingSystem.IsLinux()) return TryPinLinux(core);
        if (!OperatingSystem.IsWindows()) return "this system has no call to pin a thread";
        if (core >= nint.Size * 8) return $"core {core} is outside the first processor group";
        return SetThreadAffinityMask(GetCurrentThread(), (nuint)1 << core) != 0
            ? null
            : $"SetThreadAffinityMask failed: error {Marshal.GetLastPInvokeError()}";
    }

    /// <summary>Cores that this process may use, lowest first: a container may own fewer than the host has.</summary>
    public static unsafe IReadOnlyList<int> AllowedCores()
    {
        if (OperatingSystem.IsLinux())
        {
            var set = stackalloc byte[CpuSetBytes];
            if (SchedGetAffinity(0, CpuSetBytes, set) == 0)
            {
                var cores = new List<int>();
                for (var core = 0; core < CpuSetBytes * 8; core++)
                {
                    if ((set[core / 8] & (1 << (core % 8))) != 0) cores.Add(core);
                }
                if (cores.Count > 0) return cores;
            }
        }
        return [.. Enumerable.Range(0, Environment.ProcessorCount)];
    }

    private static unsafe string? TryPinLinux(int core)
    {
        if (core >= CpuSetBytes * 8) return $"core {core} is beyond the {CpuSetBytes * 8} that a CPU set holds";
        var set = stackalloc byte[CpuSetBytes];
        new Span<byte>(set, CpuSetBytes).Clear();
        set[core / 8] = (byte)(1 << (core % 8));
        return SchedSetAffinity(0, CpuSetBytes, set) == 0 ? null : $"sched_setaffinity failed: errno {Marshal.GetLastPInvokeError()}";
    }

    [LibraryImport("libc", EntryPoint = "sched_setaffinity", SetLastError = true)]
    private static unsafe partial int SchedSetAffinity(int thread, nint byteLength, byte* set);

    [LibraryImport("libc", EntryPoint = "sched_getaffinity", SetLastError = true)]
    private static unsafe partial int SchedGetAffinity(int thread, nint byteLength, byte* set);

    [LibraryImport("kernel32")]
    private static partial nint GetCurrentThread();

    [LibraryImport("kernel32", SetLastError = true)]
    private static partial nuint SetThreadAffinityMask(nint thread, nuint mask);
}
