using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace Cluster.Load.Client.Wires;

/// <summary>
/// When bytes reached this host, as the kernel stamps them (<c>SO_TIMESTAMPNS</c>): what happens between then and the read is the client's own
/// wait for a core, and no fault of the server's. Where the kernel does not stamp, the time of the read.
/// </summary>
[SupportedOSPlatform("linux")]
internal readonly unsafe partial struct ArrivalClock
{
    private const int SocketLevel = 1;
    private const int TimestampNs = 35;
    private const int DontWait = 0x40;
    private const int Realtime = 0;
    private const long NsPerSecond = 1_000_000_000;

    /// <summary>Stamps that lie further back say that somebody has set the clock.</summary>
    private const long MostNs = NsPerSecond;

    private const int Attempts = 3;

    private static readonly long s_closeTicks = Stopwatch.Frequency / 50_000;

    private readonly bool _isStamped;

    private ArrivalClock(bool isStamped) => _isStamped = isStamped;

    /// <summary>Asks for stamps at a connection; on 64-bit systems alone, whose structs are laid out as below.</summary>
    public static ArrivalClock Of(int fd)
    {
        var on = 1;
        return new ArrivalClock(nint.Size == 8 && setsockopt(fd, SocketLevel, TimestampNs, &on, sizeof(int)) == 0);
    }

    /// <returns>Bytes received; 0 when the other end has closed; −1 on an error.</returns>
    /// <param name="arrivedTicks">Stopwatch ticks; of several packets read at once, those of the last.</param>
    public nint Receive(int fd, Span<byte> into, out long arrivedTicks)
    {
        nint count;
        long stampNs = 0;
        fixed (byte* at = into)
        {
            if (!_isStamped)
            {
                count = recv(fd, at, into.Length, DontWait);
            }
            else
            {
                var control = new Control();
                var vector = new Vector { Base = at, Length = into.Length };
                var message = new Message { Vectors = &vector, VectorCount = 1, Control = &control, ControlLength = sizeof(Control) };
                count = recvmsg(fd, &message, DontWait);
                if (count > 0 && message.ControlLength >= sizeof(Control) && control is { Level: SocketLevel, Type: TimestampNs }) stampNs = control.Seconds * NsPerSecond + control.Nanoseconds;
            }
        }

        arrivedTicks = stampNs == 0 ? Stopwatch.GetTimestamp() : ToTicks(stampNs);
        return count;
    }

    /// <summary>Both clocks are read one right after the other; where the thread lost its core in between, again, and in the end the read counts.</summary>
    private static long ToTicks(long stampNs)
    {
        long nowTicks = 0;
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            TimeSpec now;
            nowTicks = Stopwatch.GetTimestamp();
            _ = clock_gettime(Realtime, &now);
            if (Stopwatch.GetTimestamp() - nowTicks >= s_closeTicks) continue;
            var ageNs = now.Seconds * NsPerSecond + now.Nanoseconds - stampNs;
            return ageNs is > 0 and < MostNs ? nowTicks - (long)(ageNs * (Stopwatch.Frequency / 1e9)) : nowTicks;
        }

        return nowTicks;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct TimeSpec
    {
        public long Seconds;
        public long Nanoseconds;
    }

    /// <summary>One <c>cmsghdr</c> with its stamp.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Control
    {
        public nint Length;
        public int Level;
        public int Type;
        public long Seconds;
        public long Nanoseconds;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct Vector
    {
        public byte* Base;
        public nint Length;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct Message
    {
        public void* Name;
        public uint NameLength;
        public Vector* Vectors;
        public nint VectorCount;
        public void* Control;
        public nint ControlLength;
        public int Flags;
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int setsockopt(int fd, int level, int option, void* value, uint length);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint recv(int fd, byte* into, nint length, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint recvmsg(int fd, Message* message, int flags);

    [LibraryImport("libc")]
    private static partial int clock_gettime(int clock, TimeSpec* now);
}
