using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Cluster.Engine.Topology;
using Cluster.Gateway.Admin;
using Cluster.Gateway.Backend;
using Cluster.Gateway.Console;
using Cluster.Gateway.Hosting;
using Cluster.Grains.Hosting;
using Cluster.Grains.Journal;
using Cluster.Grains.Messages;
using Cluster.Hosting;
using Cluster.ServiceDefaults;
using Cluster.ServiceDefaults.Recording;
using Orleans;

namespace Cluster.Gateway.Live;

/// <summary>A cluster behind its gateway: all in this process, or with its instances on other silos. Ends with its disposal.</summary>
public sealed class LiveCluster : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ClusterBackend _backend;
    private readonly HostResources _host;
    private readonly ClusterMonitor _monitor;

    private readonly CancellationTokenSource _ending = new();
    private readonly FaultPlayer _faults;
    private Task _playing = Task.CompletedTask;

    private LiveCluster(WebApplication app, ClusterBackend backend, ClusterMonitor monitor, HostResources host, FaultPlayer faults)
    {
        (_app, _backend, _monitor, _host, _faults) = (app, backend, monitor, host, faults);
        Endpoint = new Uri(app.Urls.First());
    }

    /// <summary>What operators may do to it, as behind <c>/admin/</c>.</summary>
    public required IClusterAdmin Admin { get; init; }

    /// <summary>Adds what this gateway sees to the record of the run.</summary>
    private RunReporter Runs { get; init; } = null!;

    /// <summary>Where the router's inputs go; null: nowhere.</summary>
    private RouterJournal? Journal { get; init; }

    /// <summary>Scales pools as the scenario says; null: nobody does.</summary>
    private Autoscaler? Autoscaler { get; init; }

    /// <summary>What serves the gateway's requests, for callers that need no HTTP.</summary>
    public IInferenceBackend Backend => _backend;

    /// <summary>Emulated nanoseconds since the cluster's clock began; steps and hops are stamped with it.</summary>
    public long NowNs => _host.Context.Clock.NowNs;

    /// <summary>Base address of the gateway.</summary>
    public Uri Endpoint { get; }

    /// <summary>What the gateway shows to clients that come by https; null: it speaks http.</summary>
    public X509Certificate2? Certificate =>
        Endpoint.Scheme == Uri.UriSchemeHttps ? _app.Services.GetRequiredService<CertificateKeeper>().Current().TargetCertificate : null;

    /// <summary>What the host's calibration had to say; empty when all went well.</summary>
    public IReadOnlyList<string> Notes => _host.Compute.Notes;

    /// <summary>Calibrates the host, starts everything and returns when <c>/health</c> answers 200.</summary>
    /// <exception cref="HostConfigurationException">This host has no room for so many instances.</exception>
    public static async Task<LiveCluster> StartAsync(ClusterSpec cluster, LiveOptions options, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(cluster);
        ArgumentNullException.ThrowIfNull(options);
        if (options.Membership is null && HostMemory.Refuse(cluster) is { } refusal) throw new HostConfigurationException(refusal);
        var host = new HostResources(cluster, options.Compute, options.TimeScale, options.Charter, options.Watch);
        var journal = options.RecordPath is { } path ? new RouterJournal(path) : null;
        var context = host.Context with { Journal = journal };
        var backend = new ClusterBackend(context, NumberOf(options));
        var monitor = new ClusterMonitor(backend, context, options);
        var runs = new RunReporter(backend, context);
        var faults = new FaultPlayer(backend, context, runs);
        var admin = new ClusterAdmin(backend, context, faults, runs);
        var app = GatewayHost.Build(options.Gateway, backend, admin, builder =>
        {
            if (options.Configuration is { } configuration) builder.Configuration.AddConfiguration(configuration);
            builder.AddServiceDefaults(telemetry => telemetry.InstanceId = options.Membership?.SiloName);
            builder.AddClusterRuntime(context, options.Membership);
            builder.Services.AddSingleton<IClusterView>(monitor);
            builder.Services.AddSingleton<IHostedService>(new BeforeStop([monitor.StopAsync, runs.StopAsync, .. options.OnStopping is { } stopping ? [stopping] : Array.Empty<Func<Task>>()]));
        });
        try
        {
            await app.StartAsync(cancellation);
            if (options.Membership is { } membership) await ClusterRuntime.WaitForSilosAsync(app.Services, membership.Silos, cancellation);
            backend.Logger = app.Services.GetRequiredService<ILogger<ClusterBackend>>();
            await backend.StartAsync(app.Services.GetRequiredService<IGrainFactory>());
            var autoscaler = cluster.Autoscale is { } autoscale ? new Autoscaler(backend, context, autoscale, runs) : null;
            runs.Start();
            autoscaler?.Start();
            monitor.Start(app.Services.GetRequiredService<ClusterMetrics>());
            return new LiveCluster(app, backend, monitor, host, faults) { Admin = admin, Runs = runs, Journal = journal, Autoscaler = autoscaler };
        }
        catch
        {
            await monitor.DisposeAsync();
            await runs.DisposeAsync();
            // Part of it may run already: that ends in order, and quietly, since the reason is on its way.
            await app.StopAsync(CancellationToken.None).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await app.DisposeAsync();
            host.Dispose();
            throw;
        }
    }

    /// <summary>Where instances outlive their gateway, one that comes back counts its requests from the start: under a number of its own, none is taken for another that was given up.</summary>
    private static int NumberOf(LiveOptions options) =>
        options.Membership is { UsesConfiguredProvider: true } ? RandomNumberGenerator.GetInt32(1, ClusterBackend.GatewayNumbers) : 0;

    /// <summary>How every instance is doing now.</summary>
    public Task<TopologySnapshot> GetSnapshotAsync() => _backend.RefreshAsync();

    /// <summary>Requests that the router believes on each instance.</summary>
    public async Task<IReadOnlyList<(string Instance, int Active)>> CountRoutedAsync()
    {
        var counts = new List<(string, int)>();
        foreach (var member in (await _backend.Topology.GetPlanAsync()).Members) counts.Add((member.Name, await _backend.Router.CountActiveAsync(member.Name)));
        return counts;
    }

    /// <summary>Lets the scenario's faults happen from now on, each at its time.</summary>
    public void PlayFaults() => _playing = _faults.PlayAsync(_ending.Token);

    /// <summary>Completes after so much emulated time.</summary>
    public Task DelayAsync(long emulatedNs) => _host.Context.Clock.WaitUntilAsync(NowNs + emulatedNs);

    /// <summary>Completes when the process is asked to stop.</summary>
    public Task WaitForShutdownAsync(CancellationToken cancellation) => _app.WaitForShutdownAsync(cancellation);

    public async ValueTask DisposeAsync()
    {
        _backend.IsEnding = true;
        await _ending.CancelAsync();
        await _playing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _ending.Dispose();
        if (Autoscaler is { } autoscaler) await autoscaler.DisposeAsync();
        await _monitor.DisposeAsync();
        await Runs.DisposeAsync();
        await _app.StopAsync();
        await _app.DisposeAsync();
        if (Journal is { } journal) await journal.DisposeAsync();
        _host.Dispose();
    }
}
