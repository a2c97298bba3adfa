using Cluster.Grains.Messages;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Cluster.Grains.Timing;

/// <summary>Keeps the clock of this process in step with its cluster: listens, and says again now and then that it does.</summary>
internal sealed class TimeKeeping(ClusterContext context, IGrainFactory grains, ILogger<TimeKeeping> logger) : BackgroundService, ITimeListener
{
    private static readonly TimeSpan s_period = TimeSpan.FromSeconds(2);
    private readonly string _process = Guid.NewGuid().ToString("N");

    public Task OnTimeAsync(TimeReading reading)
    {
        context.Clock.Take(reading);
        return Task.CompletedTask;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var self = grains.CreateObjectReference<ITimeListener>(this);
        using var timer = new PeriodicTimer(s_period);
        try
        {
            do await ListenAsync(self, stoppingToken);
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException)
        {
            // The process ends, and its clock with it.
        }
    }

    private async Task ListenAsync(ITimeListener self, CancellationToken cancellation)
    {
        try
        {
            if (await grains.GetGrain<ITimeGrain>(context.Cluster.Name).ListenAsync(_process, self).WaitAsync(cancellation) is { } reading) context.Clock.Take(reading);
        }
        catch (Exception failure) when (failure is not (OutOfMemoryException or OperationCanceledException))
        {
            // Its silo may be lost at the moment: asked again at the next tick.
            GrainLog.TimeNotHeard(logger, failure);
        }
    }
}
