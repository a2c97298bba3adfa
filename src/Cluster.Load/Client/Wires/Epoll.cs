using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace Cluster.Load.Client.Wires;

/// <summary>Linux's epoll and the socket calls that go with it. All set the thread's last error and none of them waits but <see cref="Wait"/>.</summary>
[SupportedOSPlatform("linux")]
internal static unsafe partial class Epoll
{
    public const uint In = 1;
    public const uint Out = 4;

    /// <summary>An error, or both halves closed: reported whether asked for or not.</summary>
    public const uint Broken = 8 | 16;

    public const int Interrupted = 4;
    public const int WouldBlock = 11;
    public const int InProgress = 115;

    private const int DontWait = 0x40;
    private const int NoSignal = 0x4000;
    private const int CloseOnExec = 0x80000;

    private enum Change
    {
        Add = 1, Delete, Modify,
    }

    /// <summary>x86-64 packs the struct to 12 bytes; elsewhere its second field is aligned.</summary>
    private static int DataOffset { get; } = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 4 : 8;

    private static int EventSize => DataOffset + sizeof(ulong);

    public static int Create() => epoll_create1(CloseOnExec);

    /// <summary>Changes what is reported of <paramref name="fd"/> from <paramref name="from"/> to <paramref name="to"/>; 0 is nothing.</summary>
    /// <returns>False on an error.</returns>
    public static bool Watch(int epoll, int fd, ulong data, uint from, uint to)
    {
        Span<byte> change = stackalloc byte[16];
        MemoryMarshal.Write(change, to);
        Unsafe.WriteUnaligned(ref change[DataOffset], data);
        fixed (byte* at = change) return epoll_ctl(epoll, (int)(to == 0 ? Change.Delete : from == 0 ? Change.Add : Change.Modify), fd, at) == 0;
    }

    /// <summary>Waits for events, at most as many as <paramref name="into"/> has room for.</summary>
    /// <returns>Their number; −1 on an error.</returns>
    public static int Wait(int epoll, Span<(uint Events, ulong Data)> into)
    {
        var raw = stackalloc byte[into.Length * EventSize];
        var count = epoll_wait(epoll, raw, into.Length, -1);
        for (var i = 0; i < count; i++)
        {
            var at = raw + i * EventSize;
            into[i] = (Unsafe.ReadUnaligned<uint>(at), Unsafe.ReadUnaligned<ulong>(at + DataOffset));
        }

        return count;
    }

    /// <returns>0 when connected; otherwise an error, <see cref="InProgress"/> among them.</returns>
    public static int Connect(int fd, ReadOnlySpan<byte> address)
    {
        fixed (byte* at = address) return connect(fd, at, address.Length) == 0 ? 0 : Marshal.GetLastPInvokeError();
    }

    /// <returns>Bytes taken; −1 on an error.</returns>
    public static nint Send(int fd, ReadOnlySpan<byte> bytes)
    {
        fixed (byte* at = bytes) return send(fd, at, bytes.Length, DontWait | NoSignal);
    }

    /// <returns>Bytes received; 0 when the other end has closed; −1 on an error.</returns>
    public static nint Receive(int fd, Span<byte> into)
    {
        fixed (byte* at = into) return recv(fd, at, into.Length, DontWait);
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int epoll_create1(int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int epoll_ctl(int epoll, int operation, int fd, byte* change);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int epoll_wait(int epoll, byte* events, int count, int timeoutMs);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int connect(int fd, byte* address, int length);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint send(int fd, byte* bytes, nint length, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint recv(int fd, byte* into, nint length, int flags);
}
