using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace Cluster.Load.Client.Wires;

/// <summary>
/// A thread that waits for all plain connections at once and reads each as its bytes come: one system call per event, where
/// the framework's sockets take two, and no task in between, so that the noted time is the time of arrival.
/// </summary>
[SupportedOSPlatform("linux")]
internal sealed class ReceiveLoop
{
    private const int EventsAtOnce = 256;
    private const int BufferBytes = 64 * 1024;
    private const int CoresPerLoop = 8;

    private static readonly Lazy<ReceiveLoop[]> s_loops = new(() => [.. Enumerable.Range(0, 1 + Environment.ProcessorCount / CoresPerLoop).Select(_ => new ReceiveLoop())]);
    private static int s_next;

    private readonly ConcurrentDictionary<ulong, PolledWire> _wires = new();
    private readonly int _epoll = Epoll.Create();
    private ulong _lastId;

    private ReceiveLoop()
    {
        if (_epoll < 0) throw new IOException($"The system has no epoll: {Marshal.GetLastPInvokeErrorMessage()}");
        new Thread(Run) { IsBackground = true, Name = "load receive" }.Start();
    }

    /// <summary>Elsewhere, <see cref="StreamWire"/> does the same.</summary>
    [SupportedOSPlatformGuard("linux")]
    public static bool IsSupported { get; } = OperatingSystem.IsLinux() && RuntimeInformation.ProcessArchitecture is Architecture.X64 or Architecture.Arm64;

    /// <summary>The loop for the next connection.</summary>
    public static ReceiveLoop Next() => s_loops.Value[(uint)Interlocked.Increment(ref s_next) % s_loops.Value.Length];

    /// <returns>The name under which the wire's events come; never used again, so that a late event meets nobody.</returns>
    public ulong Add(PolledWire wire)
    {
        var id = Interlocked.Increment(ref _lastId);
        _wires[id] = wire;
        return id;
    }

    public void Remove(ulong id) => _wires.TryRemove(id, out _);

    /// <summary>Changes what the loop waits for at a connection; see <see cref="Epoll.Watch"/>.</summary>
    /// <exception cref="IOException">The system refuses.</exception>
    public void Watch(int fd, ulong id, uint from, uint to)
    {
        if (!Epoll.Watch(_epoll, fd, id, from, to)) throw new IOException($"A connection cannot be watched: {Marshal.GetLastPInvokeErrorMessage()}");
    }

    private void Run()
    {
        InlineReceives.OnThread?.Invoke();
        var events = new (uint Events, ulong Data)[EventsAtOnce];
        var buffer = new byte[BufferBytes];
        while (true)
        {
            var count = Epoll.Wait(_epoll, events);
            for (var i = 0; i < count; i++)
            {
                if (_wires.TryGetValue(events[i].Data, out var wire)) wire.OnEvents(events[i].Events, buffer);
            }
        }
    }
}
