using System.Buffers;
using System.Diagnostics;
using Cluster.Load.Client.Wires;

namespace Cluster.Load.Client;

/// <summary>One connection to the endpoint: sends a request, reads its answer, notes when what came.</summary>
internal sealed class LoadConnection : IReceiver, IDisposable
{
    private const int MostExpected = 4096;

    private readonly IWire _wire;
    private Action<int>? _onTokens;

    public LoadConnection(Uri endpoint, LoadOptions options)
    {
        _wire = ReceiveLoop.IsSupported && endpoint.Scheme == Uri.UriSchemeHttp ? new PolledWire(endpoint) : new StreamWire(endpoint, options);
        Inspector = new ChunkInspector();
        Parser = new HttpResponseParser(Inspector);
    }

    public ChunkInspector Inspector { get; }

    public HttpResponseParser Parser { get; }

    public ArrayBufferWriter<byte> Outgoing { get; } = new(1024);

    /// <summary>Stopwatch ticks at which events with text arrived, for the present request.</summary>
    public List<long> TextTicks { get; } = [];

    /// <summary>Requests answered on it before.</summary>
    public int Uses { get; private set; }

    public bool IsConnected { get; private set; }

    /// <summary>This side has closed neither half of it.</summary>
    public bool IsOpen { get; private set; } = true;

    /// <summary>Stopwatch ticks after which a watchdog breaks the connection; <see cref="long.MaxValue"/> while idle.</summary>
    public long DeadlineTicks { get; set; } = long.MaxValue;

    public bool WasBrokenByWatchdog { get; private set; }

    public async ValueTask ConnectAsync(CancellationToken cancellationToken)
    {
        await _wire.ConnectAsync(cancellationToken);
        IsConnected = true;
    }

    /// <summary>Makes room for so many tokens, within reason: a list that grows while tokens come is garbage, and its collection a pause that looks like the server's.</summary>
    public void Expect(int tokens) => TextTicks.EnsureCapacity(Math.Min(tokens, MostExpected));

    /// <summary>Sends <see cref="Outgoing"/>.</summary>
    /// <returns>Stopwatch ticks when sending began: this thread may lose its core while it sends, and arrivals are stamped by the kernel, which does not wait for it.</returns>
    public async ValueTask<long> SendAsync(CancellationToken cancellationToken)
    {
        // What a request before this one left is not this one's.
        Parser.Reset();
        Inspector.Reset();
        TextTicks.Clear();
        var beganTicks = Stopwatch.GetTimestamp();
        await _wire.SendAsync(Outgoing.WrittenMemory, cancellationToken);
        return beganTicks;
    }

    /// <summary>Reads until the answer is complete.</summary>
    /// <param name="onTokens">Told the number of new events with text, for progress.</param>
    /// <exception cref="IOException">The connection ended first.</exception>
    public async ValueTask ReceiveAsync(Action<int> onTokens, CancellationToken cancellationToken)
    {
        _onTokens = onTokens;
        if (!await _wire.ReceiveAsync(this, cancellationToken) && !Parser.EndsWithConnection)
            throw new IOException("The endpoint closed the connection before the answer was complete.");
        Uses++;
    }

    bool IReceiver.Received(ReadOnlySpan<byte> bytes, long nowTicks)
    {
        Parser.Feed(bytes);
        var fresh = Inspector.TextChunks - TextTicks.Count;
        for (var i = 0; i < fresh; i++) TextTicks.Add(nowTicks);
        if (fresh > 0) _onTokens!(fresh);
        return Parser.IsComplete;
    }

    /// <summary>Says that no more will be sent, as some clients do when they give up, and goes on reading.</summary>
    public void HalfClose()
    {
        IsOpen = false;
        _wire.EndSending();
    }

    /// <summary>Hangs up in the middle.</summary>
    public void HangUp()
    {
        IsOpen = false;
        _wire.Dispose();
    }

    /// <summary>Ends a request that takes too long; its reader fails.</summary>
    public void Break()
    {
        WasBrokenByWatchdog = true;
        _wire.Dispose();
    }

    public void Dispose() => _wire.Dispose();
}
