using System.Net;
using System.Net.Sockets;
using System.Text;
using Cluster.Load;
using Cluster.Load.Client.Wires;

namespace Cluster.Gateway.Tests.Load;

/// <summary>Both kinds of wire keep one contract.</summary>
public sealed class WireTests : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);

    public WireTests() => _listener.Start();

    public enum Kind
    {
        Stream, Polled,
    }

    public static TheoryData<Kind> Kinds => [Kind.Stream, Kind.Polled];

    public void Dispose() => _listener.Dispose();

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task What_comes_in_portions_is_received_in_order(Kind kind)
    {
        using var wire = Wire(kind);
        using var other = await ConnectAsync(wire);
        var text = new Collector(wanted: 12);
        var received = wire.ReceiveAsync(text, CancellationToken.None).AsTask();
        foreach (var portion in (string[])["one ", "two ", "four"]) await other.SendAsync(Encoding.ASCII.GetBytes(portion));
        (await received.WaitAsync(s_patience)).ShouldBeTrue();
        text.ToString().ShouldBe("one two four");
        text.Ticks.ShouldBeInOrder();
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_wire_is_used_again_though_bytes_came_while_nobody_read(Kind kind)
    {
        using var wire = Wire(kind);
        using var other = await ConnectAsync(wire);
        for (var round = 0; round < 3; round++)
        {
            await other.SendAsync("early"u8.ToArray());
            await wire.SendAsync("ping"u8.ToArray(), CancellationToken.None);
            var buffer = new byte[4];
            (await other.ReceiveAsync(buffer)).ShouldBe(4);
            var text = new Collector(wanted: 5);
            (await wire.ReceiveAsync(text, CancellationToken.None).AsTask().WaitAsync(s_patience)).ShouldBeTrue();
            text.ToString().ShouldBe("early");
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task The_other_end_s_close_ends_the_reading(Kind kind)
    {
        using var wire = Wire(kind);
        using var other = await ConnectAsync(wire);
        var received = wire.ReceiveAsync(new Collector(wanted: 1), CancellationToken.None).AsTask();
        other.Shutdown(SocketShutdown.Send);
        (await received.WaitAsync(s_patience)).ShouldBeFalse();
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Reading_goes_on_after_this_end_said_its_last(Kind kind)
    {
        using var wire = Wire(kind);
        using var other = await ConnectAsync(wire);
        var text = new Collector(wanted: 4);
        var received = wire.ReceiveAsync(text, CancellationToken.None).AsTask();
        wire.EndSending();
        (await other.ReceiveAsync(new byte[1])).ShouldBe(0);
        await other.SendAsync("tail"u8.ToArray());
        (await received.WaitAsync(s_patience)).ShouldBeTrue();
        text.ToString().ShouldBe("tail");
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Disposal_and_cancellation_end_a_read_that_waits(Kind kind)
    {
        using var wire = Wire(kind);
        using var other = await ConnectAsync(wire);
        using var cancel = new CancellationTokenSource();
        var cancelled = wire.ReceiveAsync(new Collector(wanted: 1), cancel.Token).AsTask();
        await cancel.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(cancelled.WaitAsync(s_patience));
        var disposed = wire.ReceiveAsync(new Collector(wanted: 1), CancellationToken.None).AsTask();
        wire.Dispose();
        (await Should.ThrowAsync<Exception>(disposed.WaitAsync(s_patience)) is IOException or ObjectDisposedException or SocketException).ShouldBeTrue();
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Nonsense_that_the_receiver_finds_reaches_the_reader(Kind kind)
    {
        using var wire = Wire(kind);
        using var other = await ConnectAsync(wire);
        var received = wire.ReceiveAsync(new Collector(wanted: -1), CancellationToken.None).AsTask();
        await other.SendAsync("?"u8.ToArray());
        await Should.ThrowAsync<InvalidDataException>(received.WaitAsync(s_patience));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_request_beyond_the_socket_s_buffers_waits_for_its_reader(Kind kind)
    {
        var request = new byte[16 * 1024 * 1024];
        new Random(1).NextBytes(request);
        using var wire = Wire(kind);
        using var other = await ConnectAsync(wire);
        var sending = wire.SendAsync(request, CancellationToken.None).AsTask();
        var arrived = new byte[request.Length];
        for (var at = 0; at < arrived.Length;) at += await other.ReceiveAsync(arrived.AsMemory(at));
        await sending.WaitAsync(s_patience);
        arrived.AsSpan().SequenceEqual(request).ShouldBeTrue();
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_port_that_nobody_listens_on_refuses(Kind kind)
    {
        using var wire = Wire(kind);
        _listener.Stop();
        (await Should.ThrowAsync<SocketException>(wire.ConnectAsync(CancellationToken.None).AsTask())).SocketErrorCode.ShouldBe(SocketError.ConnectionRefused);
    }

    private IWire Wire(Kind kind)
    {
        Assert.SkipUnless(kind == Kind.Stream || ReceiveLoop.IsSupported, "There is no epoll here.");
        var endpoint = new Uri($"http://localhost:{((IPEndPoint)_listener.LocalEndpoint).Port}");
        return kind == Kind.Polled && ReceiveLoop.IsSupported ? new PolledWire(endpoint) : new StreamWire(endpoint, new LoadOptions());
    }

    private async Task<Socket> ConnectAsync(IWire wire)
    {
        await wire.ConnectAsync(CancellationToken.None).AsTask().WaitAsync(s_patience);
        return await _listener.AcceptSocketAsync();
    }

    /// <summary>Has enough at so many bytes; takes none for sense when that is negative.</summary>
    private sealed class Collector(int wanted) : IReceiver
    {
        private readonly StringBuilder _text = new();

        public List<long> Ticks { get; } = [];

        public bool Received(ReadOnlySpan<byte> bytes, long nowTicks)
        {
            if (wanted < 0) throw new InvalidDataException("Not understood.");
            _text.Append(Encoding.ASCII.GetString(bytes));
            Ticks.Add(nowTicks);
            return _text.Length >= wanted;
        }

        public override string ToString() => _text.ToString();
    }
}
