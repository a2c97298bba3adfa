using System.Collections.Concurrent;
using System.Diagnostics;

namespace Cluster.Load.Client;

/// <summary>Connections to one endpoint: the most recently used idle one is taken first, so few stay warm. A watchdog breaks those past their deadline.</summary>
internal sealed class ConnectionPool : IDisposable
{
    private readonly ConcurrentStack<LoadConnection> _idle = new();
    private readonly ConcurrentDictionary<LoadConnection, byte> _busy = new();
    private readonly SemaphoreSlim _slots;
    private readonly Uri _endpoint;
    private readonly LoadOptions _options;
    private readonly Timer _watchdog;

    public ConnectionPool(Uri endpoint, LoadOptions options)
    {
        _endpoint = endpoint;
        _options = options;
        _slots = new SemaphoreSlim(options.MaxConnections);
        _watchdog = new Timer(BreakOverdue, null, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1));
    }

    public async ValueTask<LoadConnection> TakeAsync(bool fresh, CancellationToken cancellationToken)
    {
        await _slots.WaitAsync(cancellationToken);
        if (fresh || !_idle.TryPop(out var connection)) connection = new LoadConnection(_endpoint, _options);
        connection.DeadlineTicks = Stopwatch.GetTimestamp() + (long)(_options.RequestTimeout.TotalSeconds * Stopwatch.Frequency);
        _busy[connection] = 0;
        return connection;
    }

    public void Return(LoadConnection connection, bool isReusable)
    {
        _busy.TryRemove(connection, out _);
        connection.DeadlineTicks = long.MaxValue;
        if (isReusable) _idle.Push(connection);
        else connection.Dispose();
        _slots.Release();
    }

    public void Dispose()
    {
        _watchdog.Dispose();
        while (_idle.TryPop(out var connection)) connection.Dispose();
        foreach (var connection in _busy.Keys) connection.Dispose();
        _slots.Dispose();
    }

    private void BreakOverdue(object? state)
    {
        var now = Stopwatch.GetTimestamp();
        foreach (var connection in _busy.Keys)
        {
            if (connection.DeadlineTicks < now) connection.Break();
        }
    }
}
