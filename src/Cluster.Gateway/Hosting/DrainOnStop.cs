namespace Cluster.Gateway.Hosting;

/// <summary>On SIGTERM or SIGINT: health turns 503, new requests are refused, running ones finish, then the listeners close.</summary>
internal sealed class DrainOnStop(Admission admission) : IHostedLifecycleService
{
    public Task StoppingAsync(CancellationToken cancellationToken) => admission.DrainAsync();

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
