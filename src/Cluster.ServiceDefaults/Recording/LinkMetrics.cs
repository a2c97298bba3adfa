namespace Cluster.ServiceDefaults.Recording;

/// <summary>A link at this moment.</summary>
/// <param name="NominalBytesPerSecond">Its bandwidth now, degradation included; 0 while it is cut.</param>
/// <param name="UsedBytesPerSecond">Sum of the rates of the transfers that share it.</param>
/// <param name="CarriedBytes">Total since it started; never falls.</param>
public readonly record struct LinkState(double NominalBytesPerSecond, double UsedBytesPerSecond, int ActiveTransfers, int WaitingTransfers, long CarriedBytes)
{
    /// <summary>Used ÷ nominal; 0 for a link that is cut.</summary>
    public double Utilization => NominalBytesPerSecond > 0 ? UsedBytesPerSecond / NominalBytesPerSecond : 0;
}

/// <summary>Where one link reports. Thread-safe. Disposing it takes its series out of the exposition.</summary>
public sealed class LinkMetrics : IDisposable
{
    private readonly Lock _gate = new();
    private readonly Action<LinkMetrics> _removed;
    private LinkState _state;

    internal LinkMetrics(string link, Labels labels, Action<LinkMetrics> removed)
    {
        Link = link;
        Labels = labels;
        _removed = removed;
    }

    public string Link { get; }

    internal Labels Labels { get; }

    internal LinkState State
    {
        get
        {
            lock (_gate) return _state;
        }
    }

    /// <summary>Replaces the link's state. Call it when a transfer starts, changes its rate or ends.</summary>
    public void Publish(in LinkState state)
    {
        lock (_gate) _state = state;
    }

    /// <summary>Takes the link's series out of the exposition. May be called twice.</summary>
    public void Dispose() => _removed(this);
}
