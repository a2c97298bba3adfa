using Cluster.Engine.Cost;
using Cluster.Engine.Requests;
using Cluster.Engine.Topology;
using Cluster.Engine.Units;
using Cluster.ServiceDefaults.Recording;
using Cluster.Testing;

namespace Cluster.ServiceDefaults.Tests;

public sealed class RecordingTests
{
    [Fact]
    public async Task Recording_a_step_a_token_and_a_request_allocates_nothing()
    {
        await using var host = await MetricsHost.StartAsync();
        using var instance = host.Metrics.AddInstance(new InstanceIdentity("c", InstanceRole.Decode, "decode-0", "m"));
        var cluster = host.Metrics.ForCluster("c");
        var slo = new SloSpec(Time.Second);
        for (var i = 0; i < 100; i++) Record(instance, cluster, slo);
        Allocations.Of(() =>
        {
            for (var i = 0; i < 1_000; i++) Record(instance, cluster, slo);
        }).ShouldBe(0);
    }

    [Fact]
    public async Task Hops_of_a_request_add_up_to_its_ttft_in_the_exposition()
    {
        await using var host = await MetricsHost.StartAsync();
        var hops = new TtftHops(1_000_000, 2_000_000, 3_000_000, 4_000_000, 5_000_000, 6_000_000, 7_000_000);
        host.Metrics.ForCluster("c").RequestFinished(new RequestObservation(RequestOutcome.Completed, 28_000_000, 1e6, 40_000_000, hops, 10, 0, 5), new SloSpec());
        var samples = Samples.Parse(await host.ScrapeAsync());
        samples.Where(s => s.Name == "xpyd_ttft_hop_seconds_sum").Sum(s => s.Value).ShouldBe(0.028, 1e-9);
        samples.Single(s => s.Name == "xpyd_request_ttft_seconds_sum").Value.ShouldBe(0.028, 1e-9);
    }

    [Fact]
    public async Task A_request_counts_toward_goodput_only_when_it_meets_every_objective()
    {
        await using var host = await MetricsHost.StartAsync();
        var slo = new SloSpec(TtftNs: 100 * Time.Millisecond, TpotNs: 10 * Time.Millisecond);
        var cluster = host.Metrics.ForCluster("c");
        Finish(cluster, slo, ttftMs: 90, tpotMs: 9);
        Finish(cluster, slo, ttftMs: 110, tpotMs: 9);
        Finish(cluster, slo, ttftMs: 110, tpotMs: 11);
        var samples = Samples.Parse(await host.ScrapeAsync());
        samples.Single(s => s.Name == "xpyd_goodput_requests_total").Value.ShouldBe(1);
        samples.Single(s => s.Name == "xpyd_slo_misses_total" && s.Labels.Contains("ttft")).Value.ShouldBe(2);
        samples.Single(s => s.Name == "xpyd_slo_misses_total" && s.Labels.Contains("tpot")).Value.ShouldBe(1);
        samples.Single(s => s.Name == "xpyd_requests_total" && s.Labels.Contains("completed")).Value.ShouldBe(3);
    }

    [Fact]
    public async Task The_roofline_position_is_the_work_done_over_the_time_it_took()
    {
        await using var host = await MetricsHost.StartAsync();
        using var instance = host.Metrics.AddInstance(new InstanceIdentity("c", InstanceRole.Prefill, "p", "m") { PeakFlopsPerSecond = 1e15 });
        for (var i = 0; i < 200; i++)
            instance.StepEnded(new StepObservation(100, new StepCost(0.1, 0.1, 0, 0, 0, 5e13, 1e11, 0, false), 0, 100_000_000));
        var samples = Samples.Parse(await host.ScrapeAsync());
        samples.Single(s => s.Name == "xpyd_step_flops_per_second").Value.ShouldBe(5e14, 1e6);
        samples.Single(s => s.Name == "xpyd_step_mfu_ratio").Value.ShouldBe(0.5, 1e-6);
        samples.ShouldNotContain(s => s.Name == "xpyd_step_mbu_ratio", "an unknown roof must not be invented");
    }

    private static void Record(InstanceMetrics instance, ClusterSeries cluster, SloSpec slo)
    {
        instance.Publish(new InstanceState { Running = 3 });
        instance.StepEnded(new StepObservation(100, new StepCost(0.1, 0.1, 0, 0, 0, 1e12, 1e9, 0, false), 0, 100_000_000));
        instance.InterToken(20_000_000);
        instance.RequestFinished(new EngineRequestObservation(FinishReason.Stop, 1, 2, 3, 6, 10, 20, 30));
        cluster.RequestFinished(new RequestObservation(RequestOutcome.Completed, 7, 1, 20, new TtftHops(1, 1, 1, 1, 1, 1, 1), 10, 5, 20), slo);
        cluster.Routed("kv-aware", RouterDecision.Disaggregated, 10, 5, 1);
    }

    private static void Finish(ClusterSeries cluster, SloSpec slo, long ttftMs, double tpotMs) =>
        cluster.RequestFinished(new RequestObservation(RequestOutcome.Completed, ttftMs * Time.Millisecond, tpotMs * Time.Millisecond, Time.Second, default, 1, 0, 10), slo);
}
