using System.Reflection;
using Cluster.LocalRuntime.Activations;
using Cluster.LocalRuntime.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Runtime;

namespace Cluster.LocalRuntime;

/// <summary>
/// The grain programming model of Orleans in one process, for machines without the Orleans packages: the same names,
/// the same turns, the same life cycle, for the part that this product uses. It has no clustering and never will:
/// more than one process is what Orleans is for.
/// </summary>
internal sealed class LocalRuntimeCore : IHostedLifecycleService, IDisposable
{
    private static readonly TimeSpan s_timeoutResolution = TimeSpan.FromMilliseconds(500);

    private ITimer? _timeoutSweep;
    private ITimer? _rescue;
    private ITimer? _idleSweep;

    public LocalRuntimeCore(IServiceProvider services, LocalRuntimeOptions options, IEnumerable<Assembly> assemblies)
    {
        Services = services;
        Options = options;
        Logger = services.GetRequiredService<ILoggerFactory>().CreateLogger("Cluster.LocalRuntime");
        GrainClock = Clock(TimeProviderNames.Grains);
        ManagementClock = Clock(TimeProviderNames.ActivationManagement);
        Catalog = new Catalog(this);
        Factory = new LocalGrainFactory(this, assemblies);
    }

    public IServiceProvider Services { get; }

    public LocalRuntimeOptions Options { get; }

    public ILogger Logger { get; }

    /// <summary>Drives grain timers.</summary>
    public TimeProvider GrainClock { get; }

    /// <summary>Decides when a grain is idle.</summary>
    public TimeProvider ManagementClock { get; }

    public MemoryStorage Storage { get; } = new();

    public Catalog Catalog { get; }

    public LocalGrainFactory Factory { get; }

    public Task StartingAsync(CancellationToken cancellationToken)
    {
        // Call time-outs follow the real clock always: a test whose fake clock stands still must not hang.
        _timeoutSweep = TimeProvider.System.CreateTimer(
            static state => ((LocalRuntimeCore)state!).CheckTimeouts(), this, s_timeoutResolution, s_timeoutResolution);
        _rescue = TimeProvider.System.CreateTimer(static _ => FollowUps.Rescue(), null, FollowUps.RescuePeriod, FollowUps.RescuePeriod);
        _idleSweep = ManagementClock.CreateTimer(
            static state => ((LocalRuntimeCore)state!).CollectIdle(), this, Options.CollectionQuantum, Options.CollectionQuantum);
        return Task.CompletedTask;
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Runs after every hosted service has stopped, so that they may still call grains while they do.</summary>
    public async Task StoppedAsync(CancellationToken cancellationToken)
    {
        await Catalog.StopAsync(cancellationToken);
        Dispose();
    }

    public void Dispose()
    {
        _timeoutSweep?.Dispose();
        _rescue?.Dispose();
        _idleSweep?.Dispose();
    }

    private TimeProvider Clock(string area) =>
        Services.GetKeyedService<TimeProvider>(area) ?? Services.GetService<TimeProvider>() ?? TimeProvider.System;

    private void CheckTimeouts()
    {
        foreach (var activation in Catalog.All)
        {
            activation.CheckTimeouts(Environment.TickCount64);
        }
    }

    private void CollectIdle()
    {
        foreach (var activation in Catalog.All)
        {
            activation.CollectIfIdle(Options.CollectionAge);
        }
    }
}
