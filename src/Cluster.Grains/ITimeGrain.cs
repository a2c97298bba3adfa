using Cluster.Grains.Messages;

namespace Cluster.Grains;

/// <summary>Keeps the emulated time of one cluster the same in all its processes.</summary>
public interface ITimeGrain : IGrainWithStringKey
{
    /// <summary>A process wants to hear of changes, said again now and then. Answers with the last one; null: there was none.</summary>
    Task<TimeReading?> ListenAsync(string process, ITimeListener listener);

    /// <summary>Another scale, in all processes at one moment; answered when that has come.</summary>
    /// <param name="scale">Emulated seconds per wall second, 0.01 to 100.</param>
    Task SetScaleAsync(double scale);
}

/// <summary>A process, as the time grain sees it.</summary>
public interface ITimeListener : IGrainObserver
{
    Task OnTimeAsync(TimeReading reading);
}
