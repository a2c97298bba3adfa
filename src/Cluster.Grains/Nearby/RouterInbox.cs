using Cluster.Grains.Messages;

namespace Cluster.Grains.Nearby;

/// <summary>
/// News for a router in this process. It reads them before it does anything else, so that it knows of each decision what it would
/// know if it had been told at once; between two decisions nobody wakes it up.
/// </summary>
public sealed class RouterInbox
{
    /// <summary>News that wait at most: a router that nobody asks for long is told, and reads them.</summary>
    internal const int Capacity = 64;

    private readonly Lock _gate = new();
    private List<(InstanceReport Report, long ArrivedNs)> _news = [];
    private List<(InstanceReport Report, long ArrivedNs)> _read = [];
    private bool _isOpen;

    /// <summary>A router has come; it knows nothing of what was left for another.</summary>
    internal void Open()
    {
        lock (_gate) (_isOpen, _news) = (true, []);
    }

    /// <summary>The router goes.</summary>
    internal void Close()
    {
        lock (_gate) (_isOpen, _news) = (false, []);
    }

    /// <summary>Leaves news here; false when the router has to be told itself, because it is elsewhere or has much to read.</summary>
    internal bool TryLeave(InstanceReport report, long nowNs)
    {
        lock (_gate)
        {
            if (!_isOpen || _news.Count == Capacity) return false;
            _news.Add((report, nowNs));
            return true;
        }
    }

    /// <summary>What has come since the last time, in its order; to be read before the next call.</summary>
    internal IReadOnlyList<(InstanceReport Report, long ArrivedNs)> Read()
    {
        lock (_gate)
        {
            _read.Clear();
            (_news, _read) = (_read, _news);
            return _read;
        }
    }
}
