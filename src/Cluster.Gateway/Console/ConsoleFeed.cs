using System.Text.Json;
using System.Threading.Channels;

namespace Cluster.Gateway.Console;

/// <summary>
/// Takes a snapshot twice a second while somebody looks, writes it once, and hands the bytes to every open console. A
/// slow one misses snapshots, never delays the others.
/// </summary>
internal sealed class ConsoleFeed(IClusterView view, TimeProvider time) : IDisposable
{
    private static readonly TimeSpan s_interval = TimeSpan.FromMilliseconds(500);
    private static readonly JsonSerializerOptions s_json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, DictionaryKeyPolicy = null };

    private readonly Lock _gate = new();
    private readonly HashSet<Channel<byte[]>> _listeners = [];
    private readonly CancellationTokenSource _ended = new();
    private bool _running;

    /// <summary>The cluster now, as JSON.</summary>
    public byte[] Now() => JsonSerializer.SerializeToUtf8Bytes(view.Snapshot(), s_json);

    /// <summary>Snapshots from now on, the first at once; ends when <paramref name="cancellation"/> does.</summary>
    public async IAsyncEnumerable<byte[]> ListenAsync([System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellation)
    {
        var channel = Channel.CreateBounded<byte[]>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true });
        lock (_gate)
        {
            _listeners.Add(channel);
            if (!_running)
            {
                _running = true;
                _ = Task.Run(PumpAsync, CancellationToken.None);
            }
        }

        try
        {
            yield return Now();
            await foreach (var snapshot in channel.Reader.ReadAllAsync(cancellation)) yield return snapshot;
        }
        finally
        {
            lock (_gate) _listeners.Remove(channel);
        }
    }

    public void Dispose()
    {
        _ended.Cancel();
        _ended.Dispose();
    }

    private async Task PumpAsync()
    {
        try
        {
            using var timer = new PeriodicTimer(s_interval, time);
            while (await timer.WaitForNextTickAsync(_ended.Token) && HasListeners()) Publish(Now());
        }
        catch (OperationCanceledException)
        {
            // The gateway stops.
        }
        catch (Exception failure)
        {
            // A view that breaks must not leave consoles waiting in silence: their streams end with its error.
            lock (_gate)
            {
                _running = false;
                foreach (var listener in _listeners) listener.Writer.TryComplete(failure);
            }
        }
    }

    /// <summary>Ends the pump when nobody looks; under one lock with starting it, so that no listener is left without.</summary>
    private bool HasListeners()
    {
        lock (_gate) return _running = _listeners.Count > 0;
    }

    private void Publish(byte[] snapshot)
    {
        lock (_gate)
        {
            foreach (var listener in _listeners) listener.Writer.TryWrite(snapshot);
        }
    }
}
