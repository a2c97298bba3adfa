using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace Cluster.Load.Client.Wires;

/// <summary>
/// A plain connection that a <see cref="ReceiveLoop"/> reads. The receiver runs on the loop's thread, within the gate that
/// disposal takes too: a descriptor is never used after it was closed, when it may be another connection's.
/// </summary>
[SupportedOSPlatform("linux")]
internal sealed class PolledWire(Uri endpoint) : IWire
{
    private readonly Lock _gate = new();
    private readonly ReceiveLoop _loop = ReceiveLoop.Next();
    private TaskCompletionSource<bool>? _receiving;
    private TaskCompletionSource? _writable;
    private IReceiver? _receiver;
    private Socket? _socket;
    private ulong _id;
    private uint _watched;
    private int _fd = -1;
    private bool _isClosed;
    private ArrivalClock _arrivals;

    public async ValueTask ConnectAsync(CancellationToken cancellationToken)
    {
        IPAddress[] addresses = IPAddress.TryParse(endpoint.DnsSafeHost, out var literal) ? [literal] : await Dns.GetHostAddressesAsync(endpoint.IdnHost, cancellationToken);
        SocketException? last = null;
        foreach (var address in addresses)
        {
            var error = await TryConnectAsync(new IPEndPoint(address, endpoint.Port), cancellationToken);
            if (error == SocketError.Success) return;
            last = new SocketException((int)error);
        }

        throw last ?? new SocketException((int)SocketError.HostNotFound);
    }

    public async ValueTask SendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task writable;
            lock (_gate)
            {
                ThrowIfClosed();
                var sent = Epoll.Send(_fd, bytes.Span);
                if (sent == bytes.Length) return;
                if (sent > 0) bytes = bytes[(int)sent..];
                else if (Marshal.GetLastPInvokeError() is not (Epoll.WouldBlock or Epoll.Interrupted)) throw new IOException(Marshal.GetLastPInvokeErrorMessage());
                writable = NextWritable();
            }

            await writable.WaitAsync(cancellationToken);
        }
    }

    public async ValueTask<bool> ReceiveAsync(IReceiver receiver, CancellationToken cancellationToken)
    {
        Task<bool> received;
        lock (_gate)
        {
            ThrowIfClosed();
            _receiver = receiver;
            _receiving = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
            received = _receiving.Task;
            Watch(_watched | Epoll.In);
        }

        await using var _ = cancellationToken.UnsafeRegister(static (wire, token) => ((PolledWire)wire!).Fail(new OperationCanceledException(token)), this);
        return await received;
    }

    public void EndSending() => _socket!.Shutdown(SocketShutdown.Send);

    public void Dispose()
    {
        lock (_gate)
        {
            if (_isClosed) return;
            _isClosed = true;
            if (_id != 0) _loop.Remove(_id);
            _socket?.Dispose();
            Fail(new IOException("The connection was closed here."));
        }
    }

    /// <summary>Called by the loop.</summary>
    public void OnEvents(uint events, Span<byte> buffer)
    {
        lock (_gate)
        {
            if (_isClosed) return;
            if (_writable is { } writable && (events & (Epoll.Out | Epoll.Broken)) != 0)
            {
                _writable = null;
                Watch(_watched & ~Epoll.Out);
                writable.SetResult();
            }
            else if (_receiver is null)
            {
                // Nobody wants to know now; whoever reads next asks again.
                Watch(0);
            }

            if (_receiver is not null && (events & (Epoll.In | Epoll.Broken)) != 0) Read(buffer);
        }
    }

    private void Read(Span<byte> buffer)
    {
        var count = (int)_arrivals.Receive(_fd, buffer, out var arrivedTicks);
        if (count < 0)
        {
            if (Marshal.GetLastPInvokeError() is not (Epoll.WouldBlock or Epoll.Interrupted)) Fail(new IOException(Marshal.GetLastPInvokeErrorMessage()));
            return;
        }

        try
        {
            if (count > 0 && !_receiver!.Received(buffer[..count], arrivedTicks)) return;
            _receiver = null;
            // Null when the receiver itself hung up.
            _receiving?.SetResult(count > 0);
            _receiving = null;
        }
        catch (InvalidDataException nonsense)
        {
            Fail(nonsense);
        }
    }

    private async ValueTask<SocketError> TryConnectAsync(IPEndPoint remote, CancellationToken cancellationToken)
    {
        Task connected;
        lock (_gate)
        {
            ThrowIfClosed();
            if (_id != 0) _loop.Remove(_id);
            _socket?.Dispose();
            _socket = new Socket(remote.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true, Blocking = false };
            (_fd, _id, _watched) = ((int)_socket.Handle, _loop.Add(this), 0);
            _arrivals = ArrivalClock.Of(_fd);
            var address = remote.Serialize();
            var error = Epoll.Connect(_fd, address.Buffer.Span[..address.Size]);
            if (error is not (0 or Epoll.InProgress)) throw new IOException(Marshal.GetPInvokeErrorMessage(error));
            connected = error == 0 ? Task.CompletedTask : NextWritable();
        }

        await connected.WaitAsync(cancellationToken);
        return (SocketError)(int)_socket.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.Error)!;
    }

    private Task NextWritable()
    {
        _writable = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Watch(_watched | Epoll.Out);
        return _writable.Task;
    }

    private void Watch(uint events)
    {
        if (events == _watched) return;
        _loop.Watch(_fd, _id, _watched, events);
        _watched = events;
    }

    private void Fail(Exception why)
    {
        lock (_gate)
        {
            var (receiving, writable) = (_receiving, _writable);
            (_receiver, _receiving, _writable) = (null, null, null);
            receiving?.SetException(why);
            writable?.SetException(why);
        }
    }

    private void ThrowIfClosed()
    {
        if (_isClosed) throw new IOException("The connection was closed here.");
    }
}
