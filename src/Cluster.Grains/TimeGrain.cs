using Cluster.Grains.Hosting;
using Cluster.Grains.Messages;
using Microsoft.Extensions.Logging;

namespace Cluster.Grains;

/// <summary>
/// Tells all processes of a cluster how emulated time runs. A change lies a little ahead, so that each knows of it before it
/// comes and no clock jumps; who does not answer hears of it when it listens again.
/// </summary>
public sealed class TimeGrain(
    ClusterContext context, ILogger<TimeGrain> logger, [PersistentState("time", StorageNames.Cluster)] IPersistentState<TimeState> state) : Grain, ITimeGrain
{
    private static readonly TimeSpan s_lead = TimeSpan.FromMilliseconds(200);
    private readonly Dictionary<string, ITimeListener> _listeners = new(StringComparer.Ordinal);

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        if (state.State.EpochUtc != context.Charter.EpochUtc) state.State = new TimeState { EpochUtc = context.Charter.EpochUtc };
        if (state.State.Reading is { } reading) context.Clock.Take(reading);
        return base.OnActivateAsync(cancellationToken);
    }

    public Task<TimeReading?> ListenAsync(string process, ITimeListener listener)
    {
        _listeners[process] = listener;
        return Task.FromResult(state.State.Reading);
    }

    public async Task SetScaleAsync(double scale)
    {
        // Alone, it takes effect at once.
        var reading = context.Clock.ReadingAhead(scale, _listeners.Count > 1 ? s_lead : TimeSpan.Zero);
        state.State = state.State with { Reading = reading };
        await state.WriteStateAsync();
        context.Clock.Take(reading);
        await Task.WhenAll(_listeners.ToList().Select(l => TellAsync(l.Key, l.Value, reading)));
        await context.Clock.WaitUntilAsync(reading.FromNs);
    }

    private async Task TellAsync(string process, ITimeListener listener, TimeReading reading)
    {
        try
        {
            await listener.OnTimeAsync(reading).WaitAsync(s_lead);
        }
        catch (Exception failure) when (failure is not OutOfMemoryException)
        {
            GrainLog.TimeNotTold(logger, process, failure);
            _listeners.Remove(process);
        }
    }
}
