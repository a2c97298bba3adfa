using System.Diagnostics;
using System.Net.Security;
using System.Net.Sockets;

namespace Cluster.Load.Client.Wires;

/// <summary>A wire over the framework's streams: for https, and where there is no <see cref="ReceiveLoop"/>.</summary>
internal sealed class StreamWire(Uri endpoint, LoadOptions options) : IWire
{
    private readonly byte[] _buffer = new byte[options.ReceiveBufferBytes];
    private readonly Socket _socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private Stream? _stream;

    public async ValueTask ConnectAsync(CancellationToken cancellationToken)
    {
        await _socket.ConnectAsync(endpoint.IdnHost, endpoint.Port, cancellationToken);
        var plain = new NetworkStream(_socket, ownsSocket: false);
        if (endpoint.Scheme != Uri.UriSchemeHttps)
        {
            _stream = plain;
            return;
        }

        var secure = new SslStream(plain);
        var trust = TlsTrust.Of(options);
        trust.TargetHost = endpoint.IdnHost;
        await secure.AuthenticateAsClientAsync(trust, cancellationToken);
        _stream = secure;
    }

    public ValueTask SendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken) => _stream!.WriteAsync(bytes, cancellationToken);

    public async ValueTask<bool> ReceiveAsync(IReceiver receiver, CancellationToken cancellationToken)
    {
        while (true)
        {
            var received = await _stream!.ReadAsync(_buffer, cancellationToken);
            if (received == 0) return false;
            if (receiver.Received(_buffer.AsSpan(0, received), Stopwatch.GetTimestamp())) return true;
        }
    }

    public void EndSending() => _socket.Shutdown(SocketShutdown.Send);

    public void Dispose()
    {
        _socket.Dispose();
        _stream?.Dispose();
    }
}
