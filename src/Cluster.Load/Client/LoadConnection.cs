using System.Buffers;
using System.Diagnostics;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;

namespace Cluster.Load.Client;

/// <summary>One connection to the endpoint: sends a request, reads its answer, notes when what came.</summary>
internal sealed class LoadConnection : IDisposable
{
    private readonly Uri _endpoint;
    private readonly X509Certificate2Collection? _trustedRoots;
    private readonly byte[] _receive;
    private readonly Socket _socket;
    private Stream? _stream;

    public LoadConnection(Uri endpoint, LoadOptions options)
    {
        _endpoint = endpoint;
        _trustedRoots = options.TrustedRoots;
        _receive = new byte[options.ReceiveBufferBytes];
        _socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
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

    public bool IsConnected => _stream is not null;

    /// <summary>This side has closed neither half of it.</summary>
    public bool IsOpen { get; private set; } = true;

    /// <summary>Stopwatch ticks after which a watchdog breaks the connection; <see cref="long.MaxValue"/> while idle.</summary>
    public long DeadlineTicks { get; set; } = long.MaxValue;

    public bool WasBrokenByWatchdog { get; private set; }

    public async ValueTask ConnectAsync(CancellationToken cancellationToken)
    {
        await _socket.ConnectAsync(_endpoint.IdnHost, _endpoint.Port, cancellationToken);
        var plain = new NetworkStream(_socket, ownsSocket: false);
        if (_endpoint.Scheme != Uri.UriSchemeHttps)
        {
            _stream = plain;
            return;
        }

        var secure = new SslStream(plain);
        await secure.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            TargetHost = _endpoint.IdnHost,
            CertificateChainPolicy = _trustedRoots is null ? null : Trusting(_trustedRoots),
        }, cancellationToken);
        _stream = secure;
    }

    /// <summary>Sends <see cref="Outgoing"/>.</summary>
    /// <returns>Stopwatch ticks when it was handed over.</returns>
    public async ValueTask<long> SendAsync(CancellationToken cancellationToken)
    {
        await _stream!.WriteAsync(Outgoing.WrittenMemory, cancellationToken);
        return Stopwatch.GetTimestamp();
    }

    /// <summary>Reads until the answer is complete.</summary>
    /// <param name="onTokens">Told the number of new events with text, for progress.</param>
    /// <exception cref="IOException">The connection ended first.</exception>
    public async ValueTask ReceiveAsync(Action<int> onTokens, CancellationToken cancellationToken)
    {
        Parser.Reset();
        Inspector.Reset();
        TextTicks.Clear();
        while (!Parser.IsComplete)
        {
            var received = await _stream!.ReadAsync(_receive, cancellationToken);
            if (received == 0)
            {
                if (Parser.EndsWithConnection) break;
                throw new IOException("The endpoint closed the connection before the answer was complete.");
            }

            var nowTicks = Stopwatch.GetTimestamp();
            Parser.Feed(_receive.AsSpan(0, received));
            var fresh = Inspector.TextChunks - TextTicks.Count;
            for (var i = 0; i < fresh; i++) TextTicks.Add(nowTicks);
            if (fresh > 0) onTokens(fresh);
        }

        Uses++;
    }

    private static X509ChainPolicy Trusting(X509Certificate2Collection roots)
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.AddRange(roots);
        return policy;
    }

    /// <summary>Says that no more will be sent, as some clients do when they give up, and goes on reading.</summary>
    public void HalfClose()
    {
        IsOpen = false;
        _socket.Shutdown(SocketShutdown.Send);
    }

    /// <summary>Hangs up in the middle.</summary>
    public void HangUp()
    {
        IsOpen = false;
        _socket.Dispose();
    }

    /// <summary>Ends a request that takes too long; its reader fails.</summary>
    public void Break()
    {
        WasBrokenByWatchdog = true;
        _socket.Dispose();
    }

    public void Dispose()
    {
        _stream?.Dispose();
        _socket.Dispose();
    }
}
