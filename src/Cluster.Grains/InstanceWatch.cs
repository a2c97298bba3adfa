using Cluster.Grains.Messages;
using Microsoft.Extensions.Logging;

namespace Cluster.Grains;

/// <summary>Asks instances how they are, and remembers: one on a lost silo must not hide the others.</summary>
internal sealed class InstanceWatch(ILogger logger)
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(2);

    /// <summary>For one that was never seen: it may begin just now, on a silo that does.</summary>
    private static readonly TimeSpan s_firstPatience = TimeSpan.FromSeconds(30);
    private readonly Dictionary<string, InstanceSnapshot> _lastSeen = new(StringComparer.Ordinal);

    /// <summary>How an instance is, or was when it last answered.</summary>
    public async Task<InstanceSnapshot> LookAsync(string name, IInstanceGrain instance)
    {
        try
        {
            return _lastSeen[name] = await instance.GetSnapshotAsync().WaitAsync(_lastSeen.ContainsKey(name) ? s_patience : s_firstPatience);
        }
        catch (Exception failure) when (failure is not OutOfMemoryException && _lastSeen.ContainsKey(name))
        {
            GrainLog.NotSeen(logger, name, failure.Message);
            return _lastSeen[name];
        }
    }
}
