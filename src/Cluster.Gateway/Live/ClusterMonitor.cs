using Cluster.Engine.Cost;
using Cluster.Engine.Units;
using Cluster.Gateway.Console;
using Cluster.Grains;
using Cluster.Grains.Hosting;
using Cluster.Grains.Messages;
using Cluster.ServiceDefaults.Recording;

namespace Cluster.Gateway.Live;

/// <summary>Watches the live cluster: feeds the cluster's metrics and the console from what instances report twice a second.</summary>
internal sealed class ClusterMonitor : IClusterView, IAsyncDisposable
{
    private static readonly TimeSpan s_period = TimeSpan.FromMilliseconds(500);

    private readonly ClusterBackend _backend;
    private readonly ClusterContext _context;
    private readonly RecentRequests _recent;
    private readonly CancellationTokenSource _stopping = new();
    private ClusterSeries? _series;
    private ClusterAccounts? _accounts;
    private EmulatorMetrics? _emulator;
    private Task _watching = Task.CompletedTask;
    private readonly ConsoleExtras _extras;
    private readonly HostWatch? _host;
    private FaultMessage[] _faults = [];
    private readonly RecentPictures _pictures = new(kept: 20);
    private readonly string _scenario;
    private volatile Picture? _picture;

    public ClusterMonitor(ClusterBackend backend, ClusterContext context, LiveOptions options)
    {
        (_backend, _context, _scenario) = (backend, context, options.Scenario);
        _host = options.LogsPace ? new HostWatch() : null;
        _extras = new ConsoleExtras(backend, options.Levers, options.Comparison);
        _recent = new RecentRequests(context.Cluster.Slo, 10 * Time.Second);
    }

    public void Start(ClusterMetrics metrics)
    {
        _emulator = metrics.Emulator;
        _emulator.Runtime = ClusterRuntime.Label;
        _series = metrics.ForCluster(_context.Cluster.Name);
        _series.Gauges.Slo = _context.Cluster.Slo;
        _series.Gauges.InFlight = () => _backend.InFlight;
        _accounts = new ClusterAccounts(_series, _context);
        _backend.Ended += OnEnded;
        _watching = WatchAsync();
    }

    public ClusterSnapshot Snapshot()
    {
        _extras.Ask();
        var cluster = _context.Cluster;
        var nowNs = _context.Clock.NowNs;
        var (traffic, hops, hopsP99) = _recent.View(nowNs, _backend.InFlight);
        var model = cluster.Instances[0].Deployment.Model.Name;
        if (_picture is not { } picture) return new ClusterSnapshot(cluster.Name, model, nowNs / 1e9) { Scenario = _scenario, Traffic = traffic };
        var (now, before, _, seconds) = picture;
        return new ClusterSnapshot(cluster.Name, model, nowNs / 1e9)
        {
            Scenario = _scenario,
            Traffic = traffic,
            HopsMs = hops,
            HopsP99Ms = hopsP99,
            Emulator = new EmulatorView
            {
                TimeScale = _context.Clock.Scale,
                LateShare = picture.LateShare,
                HostSaturation = _emulator?.Saturation() ?? 0,
            },
            Instances = [.. now.Members.Zip(now.Instances, (member, instance) =>
                View(member, cluster.Find(member.Name).Deployment, instance, before.Instances.FirstOrDefault(b => b.Name == member.Name) ?? instance, picture))],
            Links = cluster.Link is { } link ? [LinkViews.Of(link.Name, link.BytesPerSecond, picture)] : [],
            Flows = LinkViews.Flows(now.Links, before.Links, seconds),
            Steps = [.. now.Instances.Where(i => before.Instances.FirstOrDefault(b => b.Name == i.Name)?.Steps != i.Steps).SelectMany(Steps)],
            Decisions = _extras.Decisions,
            Levers = _extras.Levers,
            Comparison = _extras.Comparison,
            Pending = _extras.Pending,
            Gpus = now.Instances.Sum(i => i.Gpus),
            Faults = [.. _faults.Select(f => new FaultView(f.Id, f.Kind, f.Target, f.Factor))],
            Walls = now.Instances.GroupBy(i => i.Role).ToDictionary(g => g.Key, g => picture.WallOf(g)),
            Roofs = [.. cluster.Instances.Select(i => RoofOf(i.Deployment)).Distinct()],
        };
    }

    /// <summary>Looks no more; what it has seen stays.</summary>
    public async Task StopAsync()
    {
        if (!_stopping.IsCancellationRequested) await _stopping.CancelAsync();
        await _watching;
    }

    public async ValueTask DisposeAsync()
    {
        _backend.Ended -= OnEnded;
        await StopAsync();
        await _extras.DisposeAsync();
        _stopping.Dispose();
    }

    private void OnEnded(RequestObservation request)
    {
        _recent.Add(_context.Clock.NowNs, request);
        _series?.RequestFinished(in request, _context.Cluster.Slo);
        if (request.Outcome == RequestOutcome.Completed) _series?.PrefixHit(request.CachedTokens);
    }

    private async Task WatchAsync()
    {
        var before = _backend.Snapshot ?? await _backend.RefreshAsync();
        var beforeNs = _context.Clock.NowNs;
        using var timer = new PeriodicTimer(s_period);
        try
        {
            while (await timer.WaitForNextTickAsync(_stopping.Token))
            {
                if (await LookAsync() is not var (now, faults)) continue;
                var nowNs = _context.Clock.NowNs;
                _faults = faults;
                var seconds = Math.Max(1e-3, (nowNs - beforeNs) / 1e9);
                _picture = _pictures.Add(now, before, seconds);
                _accounts?.Update(_picture);
                if (_host?.Look(now) is { } news) GatewayLog.HostPace(_backend.Logger, news);
                (before, beforeNs) = (now, nowNs);
            }
        }
        catch (OperationCanceledException)
        {
            // Disposed: the cluster is ending.
        }
    }

    /// <summary>Null while a silo is lost or the cluster ends: the next look, or the end, tells what has become of it.</summary>
    private async Task<(TopologySnapshot Now, FaultMessage[] Faults)?> LookAsync()
    {
        try
        {
            var now = await _backend.RefreshAsync();
            var faults = await _backend.Faults.GetInForceAsync();
            await _extras.RefreshAsync();
            return (now, faults);
        }
        catch (Exception failure) when (failure is not OutOfMemoryException)
        {
            return null;
        }
    }

    private static InstanceView View(MemberMessage member, Deployment deployment, InstanceSnapshot now, InstanceSnapshot before, Picture picture) =>
        new(member.Name, member.Pool, now.Role, member.State)
        {
            Running = now.Running,
            Waiting = now.Waiting,
            KvUsage = now.KvUsage,
            KvCached = now.KvCached,
            PrefixHitRate = now.PrefixCacheQueries == 0 ? 0 : now.PrefixCacheHits / (double)now.PrefixCacheQueries,
            TokensPerS = (now.GenerationTokens + now.PromptTokens - before.GenerationTokens - before.PromptTokens) / picture.Seconds,
            Wall = picture.WallOf([now]),
            Hardware = $"{deployment.Gpu.Name} × {now.Gpus}, {deployment.Weights.ToString().ToLowerInvariant()}",
        };

    /// <summary>Peaks in the format that computes: 16-bit weights never reach the 8-bit roof.</summary>
    private static RoofView RoofOf(Deployment deployment)
    {
        var format = deployment.Gpu.ComputeFormat(deployment.Weights);
        return new RoofView($"{deployment.Gpu.Name} {format.ToString().ToLowerInvariant()}", deployment.Gpu.PeakFlops.GetValueOrDefault(format), deployment.Gpu.HbmBytesPerSecond);
    }

    private static IEnumerable<StepView> Steps(InstanceSnapshot instance) =>
        instance.LatestSteps.Where(s => s is { Seconds: > 0, HbmBytes: > 0 }).Select(s => new StepView(instance.Role, s.Flops / s.HbmBytes, s.Flops / s.Seconds));
}
