using System.Diagnostics;
using System.Runtime;
using Cluster.Engine.Requests;
using Cluster.Engine.Topology;
using Cluster.Grains;
using Cluster.Grains.Hosting;
using Cluster.Grains.Messages;
using Cluster.Hosting;
using Cluster.Scenarios;
using Cluster.ServiceDefaults;
using Orleans;

namespace Cluster.Cli.Commands;

/// <summary>
/// Aggregated instances of Llama-3.1-70B on four H100s each, as grains on the runtime of this build, with metrics, behind an
/// observer in a gateway's place: each decodes the same number of sequences, step after step, until it is disposed of.
/// </summary>
internal sealed class BenchedCluster : IGatewayObserver, IAsyncDisposable
{
    private const int InputTokens = 64;
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan s_longestWarmUp = TimeSpan.FromSeconds(12);

    private readonly HostResources _resources;
    private readonly WebApplication _app;
    private readonly int _expected;
    private readonly TaskCompletionSource _allDecode = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _tokens;
    private long _messages;
    private int _started;

    private BenchedCluster(ClusterSpec cluster, ComputeMode compute, double timeScale, StepGauge gauge, int expected)
    {
        (Gauge, _expected) = (gauge, expected);
        _resources = new HostResources(cluster, compute, timeScale, watch: gauge);
        // No socket is ever opened: the runtime and the metrics are started, the web server is not part of what is measured.
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        builder.WebHost.UseSetting("urls", "http://127.0.0.1:0");
        builder.AddServiceDefaults();
        builder.AddClusterRuntime(_resources.Context);
        _app = builder.Build();
    }

    public StepGauge Gauge { get; }

    public HostResources Resources => _resources;

    /// <summary>Tokens that the observer was sent, and the messages they came in.</summary>
    public (long Tokens, long Messages) Received => (Interlocked.Read(ref _tokens), Interlocked.Read(ref _messages));

    /// <summary>Starts it and returns when every sequence has had its first token.</summary>
    public static async Task<BenchedCluster> StartAsync(int instances, int batch, ComputeMode compute, CancellationToken cancellation, double timeScale = 1)
    {
        ScenarioOverride[] flags =
        [
            new("model", "llama-3.1-70b"), new("topology.aggregated.instances", $"{instances}"), new("topology.aggregated.gpu", "h100-sxm"),
            new("topology.aggregated.tp", "4"), new("router.policy", "round-robin"), new("workload.rate", "1/s"), new("workload.requests", "1"),
            new("workload.synthetic", "{ input: { mean: 100 }, output: { mean: 10 } }"),
        ];
        var spec = ScenarioFile.FromFlags(flags, CliCatalog.Load()).OrThrow().Variants[0].Cluster;
        var cluster = new BenchedCluster(spec, compute, timeScale, new StepGauge(), instances * batch);
        await cluster._app.StartAsync(cancellation);
        var grains = cluster._app.Services.GetRequiredService<IGrainFactory>();
        await grains.GetGrain<ITopologyGrain>(spec.Name).GetSnapshotAsync();
        var gateway = cluster.Resources.Context.Nearby.Welcome(cluster, grains);
        for (var i = 0; i < instances * batch; i++) await cluster.SubmitAsync(grains, spec, gateway, i);
        await cluster._allDecode.Task.WaitAsync(s_patience, cancellation);
        return cluster;
    }

    public Task OnTokensAsync(TokenBatch batch)
    {
        var tokens = 0;
        foreach (var token in batch.Events) tokens += token.Count;
        Interlocked.Add(ref _tokens, tokens);
        Interlocked.Increment(ref _messages);
        if (_started < _expected && Interlocked.Add(ref _started, batch.Events.Count(e => e.Count > 0)) >= _expected) _allDecode.TrySetResult();
        return Task.CompletedTask;
    }

    /// <summary>Lets it run until the compiler has nothing left to improve: code of the first seconds is not what a cluster runs.</summary>
    public static async Task WarmUpAsync(CancellationToken cancellation)
    {
        var began = Stopwatch.GetTimestamp();
        for (var (compiled, quiet) = (0L, 0); quiet < 3 && Stopwatch.GetElapsedTime(began) < s_longestWarmUp;)
        {
            await Task.Delay(s_look, cancellation);
            var now = JitInfo.GetCompiledMethodCount();
            (compiled, quiet) = (now, now - compiled < 10 ? quiet + 1 : 0);
        }
    }

    /// <summary>CPU time that the process takes while so much wall time passes.</summary>
    public static async Task<TimeSpan> CpuOfAsync(TimeSpan length, CancellationToken cancellation)
    {
        using var process = Process.GetCurrentProcess();
        var before = process.TotalProcessorTime;
        await Task.Delay(length, cancellation);
        process.Refresh();
        return process.TotalProcessorTime - before;
    }

    public async ValueTask DisposeAsync()
    {
        // Steps go on until their instance ends, and would tell a router of theirs that ended before.
        var (grains, cluster) = (_app.Services.GetRequiredService<IGrainFactory>(), _resources.Context.Cluster);
        await Task.WhenAll(cluster.Instances.Select(i => grains.GetInstance(cluster, i.Name).CrashAsync()));
        await _app.StopAsync();
        await _app.DisposeAsync();
        _resources.Dispose();
    }

    /// <summary>As a gateway does it: the router decides, the instance takes it in.</summary>
    private async Task SubmitAsync(IGrainFactory grains, ClusterSpec cluster, IGatewayObserver gateway, long id)
    {
        var outputTokens = cluster.Instances[0].Deployment.Model.ContextLength / 16;
        var request = new RequestSpec(id, 0, InputTokens, outputTokens, TokenContent.Unique((ulong)id + 1, InputTokens + outputTokens));
        var nowNs = _resources.Context.Clock.NowNs;
        var message = RequestMessage.Of(request, id, new StationsMessage { ArrivedNs = nowNs, TokenizedNs = nowNs });
        var route = await grains.GetGrain<IRouterGrain>(cluster.Name).RouteAsync(message);
        if (!route.Placed) throw new InvalidOperationException($"The router turned request {id} away: {route.Rejection}");
        message = message with { Stations = message.Stations with { RoutedNs = route.RoutedNs } };
        await grains.GetInstance(cluster, route.PrefillInstance).SubmitAsync(new SubmitOrder(message, route.DecodeInstance, gateway));
    }
}
