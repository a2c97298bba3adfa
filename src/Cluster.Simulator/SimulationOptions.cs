namespace Cluster.Simulator;

/// <summary>How a simulation runs; nothing here changes a figure of it.</summary>
public sealed record SimulationOptions
{
    /// <summary>Looks on; null for full speed.</summary>
    public ISimulationObserver? Observer { get; init; }

    /// <summary>Prices runs of uneventful decode steps at once instead of handling an event for each. Off: for tests that compare the two.</summary>
    public bool SkipAhead { get; init; } = true;

    /// <summary>Gives what a request needs while it is under way to another once it has ended. Off: for tests that compare the two.</summary>
    public bool ReuseFlights { get; init; } = true;
}
