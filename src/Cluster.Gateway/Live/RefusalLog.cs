using System.Collections.Concurrent;
using Orleans.Runtime;

namespace Cluster.Gateway.Live;

/// <summary>
/// Tells of instances that take no requests: once until they do again, not once a request, and without the stack of a call whose other end is
/// gone. What is no matter of reach is told each time, whole.
/// </summary>
internal sealed class RefusalLog
{
    private readonly ConcurrentDictionary<string, byte> _silent = new(StringComparer.Ordinal);

    public void NotTaken(ILogger logger, long request, string instance, Exception failure)
    {
        if (failure is not (OrleansMessageRejectionException or TimeoutException)) GatewayLog.NotTaken(logger, failure, request, instance);
        else if (_silent.TryAdd(instance, 0)) GatewayLog.Unreachable(logger, instance);
    }

    public void Taken(string instance)
    {
        if (!_silent.IsEmpty) _silent.TryRemove(instance, out _);
    }
}
