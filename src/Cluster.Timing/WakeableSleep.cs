using System.Runtime.InteropServices;

namespace Cluster.Timing;

/// <summary>
/// A sleep of one thread, good to microseconds, that another thread can end: on Linux a futex with a timeout in
/// nanoseconds; elsewhere a semaphore for whole milliseconds and <see cref="FineSleep"/> for the rest.
/// </summary>
public sealed unsafe partial class WakeableSleep : IDisposable
{
    private const int WaitPrivate = 0 | 128;
    private const int WakePrivate = 1 | 128;

    /// <summary>Longest sleep that nobody can end, where there is no futex.</summary>
    private const long MaxDeafNs = 200_000;

    /// <summary>Number of the system call; 0 where there is none, or another layout of its arguments.</summary>
    private static readonly nint s_futex = !OperatingSystem.IsLinux() ? 0 : RuntimeInformation.ProcessArchitecture switch
    {
        Architecture.X64 => 202,
        Architecture.Arm64 => 98,
        _ => 0,
    };

    private readonly SemaphoreSlim? _semaphore;

    /// <summary>1 while somebody has called and nobody has woken up for it; pinned, since the system knows it by its address.</summary>
    private readonly int[] _called = GC.AllocateArray<int>(1, pinned: true);

    public WakeableSleep()
    {
        if (s_futex == 0) _semaphore = new SemaphoreSlim(0);
    }

    /// <summary>Sleeps for about so long, or until somebody calls <see cref="Wake"/>; one call too many only ends the next sleep early.</summary>
    /// <param name="nanoseconds"><see cref="long.MaxValue"/>: until woken.</param>
    public void For(long nanoseconds)
    {
        if (nanoseconds <= 0) return;
        if (_semaphore is { } semaphore)
        {
            if (nanoseconds == long.MaxValue) semaphore.Wait();
            else if (nanoseconds >= 3_000_000) semaphore.Wait((int)Math.Min(int.MaxValue, nanoseconds / 1_000_000 - 2));
            else FineSleep.For(Math.Min(nanoseconds, MaxDeafNs));
            return;
        }

        var (seconds, rest) = Math.DivRem(nanoseconds, 1_000_000_000);
        var span = new TimeSpec { Seconds = (nint)seconds, Nanoseconds = (nint)rest };
        // Whoever has called already is not slept on: the system looks at the word again before it lets the thread go.
        if (Volatile.Read(ref _called[0]) == 0) _ = Futex(WaitPrivate, 0, &span);
        Volatile.Write(ref _called[0], 0);
    }

    /// <summary>Ends the present sleep, or the next.</summary>
    public void Wake()
    {
        if (_semaphore is { } semaphore) semaphore.Release();
        else if (Interlocked.Exchange(ref _called[0], 1) == 0) _ = Futex(WakePrivate, 1, null);
    }

    public void Dispose() => _semaphore?.Dispose();

    private nint Futex(nint operation, nint value, TimeSpec* span)
    {
        fixed (int* called = _called) return SystemCall(s_futex, called, operation, value, span);
    }

    [LibraryImport("libc", EntryPoint = "syscall")]
    private static partial nint SystemCall(nint call, int* word, nint operation, nint value, TimeSpec* span);

    [StructLayout(LayoutKind.Sequential)]
    private struct TimeSpec
    {
        public nint Seconds;
        public nint Nanoseconds;
    }
}
