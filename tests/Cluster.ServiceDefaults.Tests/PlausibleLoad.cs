using Cluster.Engine.Cost;
using Cluster.Engine.Diagnosis;
using Cluster.Engine.Requests;
using Cluster.Engine.Topology;
using Cluster.Engine.Units;
using Cluster.ServiceDefaults.Recording;

namespace Cluster.ServiceDefaults.Tests;

/// <summary>Publishes every metric of the catalogue with values a running cluster could have.</summary>
internal sealed class PlausibleLoad
{
    private static readonly SloSpec s_slo = new(500 * Time.Millisecond, 50 * Time.Millisecond, 30 * Time.Second);
    private readonly ClusterMetrics _metrics;
    private readonly List<InstanceMetrics> _instances = [];
    private readonly List<LinkMetrics> _links = [];
    private readonly RandomStream _random = new(7, "plausible-load");
    private long _round;

    public PlausibleLoad(ClusterMetrics metrics, int prefill = 2, int decode = 2, int aggregated = 1)
    {
        _metrics = metrics;
        var all = prefill + decode + aggregated;
        for (var i = 0; i < prefill; i++) Add("2P2D", InstanceRole.Prefill, i, all);
        for (var i = 0; i < decode; i++) Add("2P2D", InstanceRole.Decode, i, all);
        for (var i = 0; i < aggregated; i++) Add("aggregated", InstanceRole.Aggregated, i, all);
        for (var i = 0; i < prefill; i++) _links.Add(metrics.AddLink("2P2D", $"prefill-{i}.nic"));
        metrics.Emulator.Runtime = "local";
    }

    public IReadOnlyList<InstanceMetrics> Instances => _instances;

    /// <summary>One round: a step and a request on each instance, requests at the gateway, transfers on the links.</summary>
    public void Advance()
    {
        _round++;
        foreach (var instance in _instances) Step(instance);
        foreach (var link in _links) link.Publish(new LinkState(50e9, 20e9 + 5e9 * _random.NextDouble(), 3, 1, _round * 1_000_000_000));
        foreach (var cluster in new[] { "2P2D", "aggregated" }) Requests(_metrics.ForCluster(cluster), disaggregated: cluster == "2P2D");
    }

    private void Add(string cluster, InstanceRole role, int index, int all)
    {
        var pool = role.ToString().ToLowerInvariant();
        _instances.Add(_metrics.AddInstance(new InstanceIdentity(cluster, role, $"{pool}-{index}", "llama-3.1-70b")
        {
            Pool = pool,
            Gpu = "h100-sxm",
            Gpus = 4,
            Parallelism = "tp4",
            Weights = "fp8",
            Kv = "fp8",
            PeakFlopsPerSecond = 1.979e15,
            PeakHbmBytesPerSecond = 3.35e12,
            BlockSize = 16,
            TotalBlocks = 40_000,
            GpuMemoryUtilization = 0.92,
            EnablePrefixCaching = true,
        }, all));
    }

    private void Step(InstanceMetrics instance)
    {
        var prefill = instance.Identity.Role == InstanceRole.Prefill;
        var seconds = prefill ? 0.12 : 0.022;
        var cost = new StepCost(seconds, prefill ? seconds : 0.004, prefill ? 0.01 : seconds, 0.002, 0.001, prefill ? 1e14 : 3e12, prefill ? 5e10 : 6e10, 1e8, false);
        var active = (long)(20_000 + 15_000 * _random.NextDouble());
        instance.Publish(new InstanceState
        {
            Running = 30 + (int)(20 * _random.NextDouble()),
            WaitingForCapacity = 3,
            WaitingDeferred = prefill ? 0 : 2,
            ActiveBlocks = active,
            CachedBlocks = 38_000 - active,
            TotalBlocks = 40_000,
            EvictedBlocks = _round * 10,
            PrefixQueryTokens = _round * 8_000,
            PrefixHitTokens = _round * 3_000,
            ExternalQueryTokens = _round * 5_000,
            ExternalHitTokens = _round * 4_000,
            ComputedPromptTokens = _round * 5_000,
            Preemptions = _round / 10,
            GenerationTokens = _round * 40,
            SpecDrafts = _round * 10,
            SpecDraftTokens = _round * 40,
            SpecAcceptedTokens = _round * 30,
        });
        instance.StepEnded(new StepObservation(prefill ? 8_192 : 48, cost, _round % 7 == 0 ? 20 * Time.Millisecond : 0, Time.FromSeconds(seconds)) { HbmWriteBytes = 1e9 });
        instance.FirstToken(Ms(180, 200));
        instance.InterToken(Ms(22, 10));
        instance.Selected();
        instance.RequestFinished(new EngineRequestObservation(FinishReason.Length, Ms(40, 300), Ms(120, 50), Ms(2_000, 800), Ms(2_300, 900), 2_000, 200, 256));
        instance.RequestFinished(new EngineRequestObservation(FinishReason.Stop, Ms(40, 300), Ms(120, 50), Ms(900, 800), Ms(1_300, 900), 900, 100, 256));
        if (!prefill) instance.KvReceived(Ms(8, 4), 320_000_000);
    }

    private void Requests(ClusterSeries cluster, bool disaggregated)
    {
        var gauges = cluster.Gauges;
        (gauges.Slo, gauges.TimeScale, gauges.AchievedTimeScale, gauges.RouterViewAgeSeconds) = (s_slo, 1, 0.995, 0.02);
        gauges.InFlight = () => 12;
        for (var i = 0; i < 4; i++)
        {
            var hops = new TtftHops(Ms(1, 1), Ms(0.2, 0.1), Ms(60, 300), Ms(120, 60), disaggregated ? Ms(0.5, 1) : -1, disaggregated ? Ms(9, 5) : -1, disaggregated ? Ms(5, 10) : -1);
            var ttft = Enumerable.Range(0, 7).Sum(h => Math.Max(0, hops[h]));
            cluster.RequestFinished(new RequestObservation(RequestOutcome.Completed, ttft, Ms(disaggregated ? 24 : 38, 20), ttft + Ms(2_000, 500), hops, 2_000, 700, 100), s_slo);
            cluster.Routed("kv-aware", disaggregated ? RouterDecision.Disaggregated : RouterDecision.Aggregated, 2_000, 800, Ms(2, 10));
            cluster.PrefixHit(700);
            cluster.Judged(Ms(1, 8));
        }

        cluster.RequestFinished(new RequestObservation((RequestOutcome)(1 + _round % 3), -1, double.NaN, -1, default, 100, 0, 0), s_slo);
        cluster.RequestFinished(new RequestObservation(RequestOutcome.Completed, Ms(900, 10), Ms(80, 5), Ms(40_000, 10), new TtftHops(0, 0, Ms(900, 10), 0, -1, -1, -1), 9_000, 0, 400), s_slo);
        gauges.SetBindingWall(disaggregated ? InstanceRole.Prefill : InstanceRole.Aggregated, Wall.Compute);
        if (disaggregated) gauges.SetBindingWall(InstanceRole.Decode, Wall.Bandwidth);
        gauges.SetInstances(disaggregated ? InstanceRole.Decode : InstanceRole.Aggregated, InstanceLifeCycle.Ready, 2);
        cluster.Waited(disaggregated ? InstanceRole.Prefill : InstanceRole.Aggregated, Wall.Capacity, Ms(30, 10));
        cluster.Waited(disaggregated ? InstanceRole.Decode : InstanceRole.Aggregated, Wall.Contention, Ms(10, 10));
        cluster.KvTransferred(Ms(9, 5), Ms(3, 2));
        cluster.KvTransferFailed((TransferFailure)(_round % 4));
        cluster.Spent(0.001, 300);
        cluster.FaultInjected("instance-crash");
    }

    private long Ms(double least, double spread) => (long)((least + spread * _random.NextDouble()) * Time.Millisecond);
}
