using System.Globalization;
using System.Text;
using Cluster.Engine;
using Cluster.Engine.Requests;
using Cluster.Engine.Routing;
using Cluster.Engine.Topology;
using Cluster.Engine.Units;
using Cluster.Simulator.Recording;
using Cluster.Testing;

namespace Cluster.Simulator.Tests;

/// <summary>Speed must not change a digit: pricing runs of decode steps at once leaves the log that stepping through them leaves.</summary>
public sealed class SkippingAheadTests
{
    public static TheoryData<ulong> Seeds => LawTests.Seeds;

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Skipping_ahead_leaves_the_same_log_as_stepping(ulong seed)
    {
        var (cluster, requests) = RandomScenarios.Of(seed);
        Log(cluster, new Workload.OpenLoop(requests), skipAhead: true).ShouldBe(Log(cluster, new Workload.OpenLoop(requests), skipAhead: false));
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Skipping_ahead_changes_nothing_where_ends_cause_arrivals(ulong seed)
    {
        var (cluster, requests) = RandomScenarios.Of(seed);
        var workload = new Workload.ClosedLoop(1 + (int)(seed % 9), requests);
        Log(cluster, workload, skipAhead: true).ShouldBe(Log(cluster, workload, skipAhead: false));
    }

    [Fact]
    public void Steps_of_equal_length_that_end_together_are_taken_in_the_same_order()
    {
        // Every step takes 5 ms whatever it holds and arrivals come on the same grid: nearly all that happens, happens at once.
        var cost = new LinearCost(stepMs: 5, prefillTokenMs: 0, contextTokenUs: 0);
        var cluster = Clusters.Disaggregated(2, 3, (name, role) => Clusters.Instance(name, role, blocks: 60, maxNumSeqs: 6, cost: cost));
        cluster = cluster with { Link = Clusters.Link with { SetupSeconds = 5e-3, BytesPerSecond = 1e18 } };
        var requests = Enumerable.Range(0, 200).Select(i => Clusters.Request(i, 30 + (i % 5), 1 + (i % 40), i / 4 * 5_000_000L)).ToList();
        Log(cluster, new Workload.OpenLoop(requests), skipAhead: true).ShouldBe(Log(cluster, new Workload.OpenLoop(requests), skipAhead: false));
    }

    [Theory]
    [InlineData("kv-aware")]
    [InlineData("cache-aware")]
    public void What_decodes_evict_in_skipped_steps_is_known_when_somebody_asks_for_it(string policy)
    {
        // Prompts come again and again to caches that hold a third of them, and long answers push them out in between.
        var cluster = Clusters.Aggregated(3, i => Clusters.Instance($"aggregated-{i}", blocks: 70, maxNumSeqs: 8), new RouterSpec(policy));
        var random = new RandomStream(1, "prompts");
        var requests = new List<RequestSpec>();
        for (long id = 0, now = 0; id < 600; id++, now += Time.FromSeconds(random.NextExponential(0.2)))
        {
            var output = random.NextInt(20, 250);
            var content = new TokenContent([new ContentSegment((ulong)random.NextInt(1, 24), 160), new ContentSegment((ulong)id + 1000, 8 + output)]);
            requests.Add(Clusters.Request(id, 168, output, now, content: content));
        }

        var run = ClusterSimulation.Run(cluster, new Workload.OpenLoop(requests));
        run.Instances.Sum(i => i.PrefixCacheHits).ShouldBeInRange(20 * 160, 560 * 160);
        Log(cluster, new Workload.OpenLoop(requests), skipAhead: true).ShouldBe(Log(cluster, new Workload.OpenLoop(requests), skipAhead: false));
    }

    [Fact]
    public void A_request_that_comes_amid_a_run_of_steps_costs_no_event_more_where_steps_are_composed_one_ahead()
    {
        Events(overlap: true).ShouldBe(Events(overlap: false));

        long Events(bool overlap)
        {
            var instance = Clusters.Instance("aggregated-0");
            var cluster = Clusters.Aggregated(1, _ => instance with { Scheduler = instance.Scheduler with { OverlapScheduling = overlap } });
            // The second comes while the first has its hundred tokens made in one run.
            List<RequestSpec> requests = [Clusters.Request(0, 100, 200), Clusters.Request(1, 100, 3, Time.FromSeconds(0.5))];
            return ClusterSimulation.Run(cluster, new Workload.OpenLoop(requests)).Effort!.Events;
        }
    }

    [Theory]
    [InlineData("vllm", 1)]
    [InlineData("sglang", 1)]
    [InlineData("trtllm", 2)]
    public void Why_a_request_waits_that_comes_amid_a_run_of_steps_is_counted_from_the_next_step_on(string scheduler, int slots)
    {
        // Blocks for one sequence at its full length.
        var instance = Clusters.Instance("aggregated-0", blocks: 30, maxNumSeqs: slots, scheduler: scheduler);
        var cluster = Clusters.Aggregated(1, _ => instance with { Scheduler = instance.Scheduler with { OverlapScheduling = true } });
        var workload = new Workload.OpenLoop([Clusters.Request(0, 100, 200), Clusters.Request(1, 100, 200, Time.FromSeconds(0.5))]);
        Log(cluster, workload, skipAhead: true).ShouldBe(Log(cluster, workload, skipAhead: false));
    }

    [Fact]
    public void An_observer_that_wants_every_step_gets_every_step()
    {
        var (cluster, workload) = (Clusters.Aggregated(1), new Workload.OpenLoop([Clusters.Request(0, 100, 50)]));
        Count(new Counting(everyStep: true)).ShouldBe(50);
        Count(new Counting(everyStep: false)).ShouldBeLessThan(25);

        int Count(Counting observer)
        {
            ClusterSimulation.Run(cluster, workload, observer);
            return observer.Steps;
        }
    }

    /// <summary>All that a run leaves behind, to the last digit. What is stepped through has objects of its own for each request, too.</summary>
    private static string Log(ClusterSpec cluster, Workload workload, bool skipAhead)
    {
        var run = ClusterSimulation.RunWith(new SimulationOptions { SkipAhead = skipAhead, ReuseFlights = skipAhead }, cluster, workload);
        var log = new StringBuilder();
        foreach (var request in run.Requests) log.AppendLine(request.ToString());
        foreach (var instance in run.Instances)
        {
            var walls = instance.Walls;
            log.AppendLine(instance.ToString());
            log.AppendLine(CultureInfo.InvariantCulture, $"{walls.Steps} {walls.BusySeconds:R} {walls.ComputeSeconds:R} {walls.BandwidthSeconds:R} {walls.BlockedOnBlocksSeconds:R} {walls.BlockedOnSlotsSeconds:R} {walls.BlockedOnBudgetSeconds:R}");
        }

        log.AppendLine(CultureInfo.InvariantCulture, $"{run.Gaps.Count} {run.Gaps.MeanNs:R} {run.Gaps.QuantileNs(0.5):R} {run.Gaps.QuantileNs(0.99):R} {run.KvBytesMoved:R} {run.LogHash:x}");
        return log.ToString();
    }

    private sealed class Counting(bool everyStep) : ISimulationObserver
    {
        public int Steps { get; private set; }

        public bool WantsEveryStep => everyStep;

        public void StepBegan(int index, Instance instance, in Step step) => Steps++;

        public void Placed(RequestSpec request, RoutingDecision decision)
        {
        }

        public void Ended(in RequestRecord record)
        {
        }
    }
}
