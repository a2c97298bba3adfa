using Cluster.Engine.Cost;
using Cluster.Engine.Diagnosis;
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
    private (TopologySnapshot Now, TopologySnapshot Before, double Seconds)? _pictures;

    public ClusterMonitor(ClusterBackend backend, ClusterContext context, LiveOptions options)
    {
        (_backend, _context) = (backend, context);
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
        if (_pictures is not var (now, before, seconds)) return new ClusterSnapshot(cluster.Name, model, nowNs / 1e9) { Traffic = traffic };
        return new ClusterSnapshot(cluster.Name, model, nowNs / 1e9)
        {
            Traffic = traffic,
            HopsMs = hops,
            HopsP99Ms = hopsP99,
            Emulator = new EmulatorView
            {
                TimeScale = _context.Clock.Scale,
                LateShare = now.Instances.Sum(i => i.LateSteps) / (double)Math.Max(1, now.Instances.Sum(i => i.Steps)),
                HostSaturation = _emulator?.Saturation() ?? 0,
            },
            Instances = [.. now.Members.Zip(now.Instances, (member, instance) =>
                View(member, cluster.Find(member.Name).Deployment, instance, before.Instances.FirstOrDefault(b => b.Name == member.Name) ?? instance, seconds))],
            Links = cluster.Link is { } link
                ? [new LinkView(link.Name, Rate(now, before, seconds) / (link.BytesPerSecond * cluster.Instances.Length), Rate(now, before, seconds), now.Links.ActiveTransfers, false)]
                : [],
            Flows = [.. Flows(now.Links, before.Links, seconds)],
            Steps = [.. now.Instances.Where(i => before.Instances.FirstOrDefault(b => b.Name == i.Name)?.Steps != i.Steps).SelectMany(Steps)],
            Decisions = _extras.Decisions,
            Levers = _extras.Levers,
            Comparison = _extras.Comparison,
            Faults = [.. _faults.Select(f => new FaultView(f.Id, f.Kind, f.Target, f.Factor))],
            Walls = now.Instances.GroupBy(i => i.Role).ToDictionary(g => g.Key, g => WallOf([.. g])),
            Roofs = [.. cluster.Instances.Select(i => i.Deployment.Gpu).DistinctBy(g => g.Name).Select(g => new RoofView(g.Name, g.PeakFlops.Values.Max(), g.HbmBytesPerSecond))],
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
                _pictures = (now, before, seconds);
                _accounts?.Update(before, now, seconds);
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

    private static double Rate(TopologySnapshot now, TopologySnapshot before, double seconds) => (now.Links.BytesMoved - before.Links.BytesMoved) / seconds;

    private static InstanceView View(MemberMessage member, Deployment deployment, InstanceSnapshot now, InstanceSnapshot before, double seconds) =>
        new(member.Name, member.Pool, now.Role, member.State)
        {
            Running = now.Running,
            Waiting = now.Waiting,
            KvUsage = now.KvUsage,
            KvCached = now.KvCached,
            PrefixHitRate = now.PrefixCacheQueries == 0 ? 0 : now.PrefixCacheHits / (double)now.PrefixCacheQueries,
            TokensPerS = (now.GenerationTokens + now.PromptTokens - before.GenerationTokens - before.PromptTokens) / seconds,
            Wall = WallOf([now]),
            Hardware = $"{deployment.Gpu.Name} × {now.Gpus}, {deployment.Weights.ToString().ToLowerInvariant()}",
        };

    /// <summary>Transfers last milliseconds, so a flow is what arrived since the last picture.</summary>
    private static IEnumerable<FlowView> Flows(LinkSnapshot now, LinkSnapshot before, double seconds)
    {
        var earlier = before.Flows.ToDictionary(f => (f.From, f.To));
        return now.Flows
            .Select(f => (Flow: f, Before: earlier.GetValueOrDefault((f.From, f.To))))
            .Where(f => f.Flow.Transfers > f.Before.Transfers)
            .Select(f => new FlowView(f.Flow.From, f.Flow.To, (f.Flow.Bytes - f.Before.Bytes) / seconds, f.Flow.Transfers - f.Before.Transfers))
            .OrderByDescending(f => f.BytesPerS);
    }

    private static IEnumerable<StepView> Steps(InstanceSnapshot instance) =>
        instance.LatestSteps.Where(s => s is { Seconds: > 0, HbmBytes: > 0 }).Select(s => new StepView(instance.Role, s.Flops / s.HbmBytes, s.Flops / s.Seconds));

    private static string WallOf(IReadOnlyList<InstanceSnapshot> instances)
    {
        var tally = new WallTally();
        foreach (var i in instances)
        {
            var s = i.WallSeconds;
            tally.Add(WallTally.Restore(i.BusySeconds, i.Steps, s[0], s[1], s[2], s[3], s[4], s[5]));
        }

        return tally.Binding.ToString().ToLowerInvariant();
    }
}
