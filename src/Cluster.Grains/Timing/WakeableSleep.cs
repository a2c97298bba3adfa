using System.Runtime.InteropServices;

namespace Cluster.Grains.Timing;

/// <summary>
/// A sleep of one thread, good to microseconds, that another thread can end: on Linux an event descriptor polled with a timeout
/// in nanoseconds; elsewhere a semaphore for whole milliseconds and <see cref="FineSleep"/> for the rest.
/// </summary>
internal sealed partial class WakeableSleep : IDisposable
{
    private const int NonBlockingCloseOnExec = 0x800 | 0x80000;

    /// <summary>Longest sleep that nobody can end, where there is no event descriptor.</summary>
    private const long MaxDeafNs = 200_000;

    private readonly int _event;
    private readonly SemaphoreSlim? _semaphore;

    public WakeableSleep()
    {
        _event = OperatingSystem.IsLinux() ? EventFd(0, NonBlockingCloseOnExec) : -1;
        if (_event < 0) _semaphore = new SemaphoreSlim(0);
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
        var poll = new PollDescriptor { Descriptor = _event, Wanted = 1 };
        if (Poll(ref poll, 1, in span, 0) > 0) _ = Read(_event, out _, sizeof(ulong));
    }

    /// <summary>Ends the present sleep, or the next.</summary>
    public void Wake()
    {
        if (_semaphore is { } semaphore)
        {
            semaphore.Release();
            return;
        }

        ulong one = 1;
        _ = Write(_event, in one, sizeof(ulong));
    }

    public void Dispose()
    {
        _semaphore?.Dispose();
        if (_event >= 0) _ = Close(_event);
    }

    [LibraryImport("libc", EntryPoint = "eventfd")]
    private static partial int EventFd(uint initial, int flags);

    [LibraryImport("libc", EntryPoint = "ppoll")]
    private static partial int Poll(ref PollDescriptor descriptors, nuint count, in TimeSpec timeout, nint signals);

    [LibraryImport("libc", EntryPoint = "read")]
    private static partial nint Read(int descriptor, out ulong value, nint bytes);

    [LibraryImport("libc", EntryPoint = "write")]
    private static partial nint Write(int descriptor, in ulong value, nint bytes);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int descriptor);

    [StructLayout(LayoutKind.Sequential)]
    private struct PollDescriptor
    {
        public int Descriptor;
        public short Wanted;
        public short Found;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct TimeSpec
    {
        public nint Seconds;
        public nint Nanoseconds;
    }
}
