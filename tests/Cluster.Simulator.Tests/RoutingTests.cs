using Cluster.Engine.Faults;
using Cluster.Engine.Requests;
using Cluster.Engine.Routing;
using Cluster.Engine.Topology;
using Cluster.Engine.Units;
using Cluster.Simulator.Recording;
using Cluster.Testing;

namespace Cluster.Simulator.Tests;

public sealed class RoutingTests
{
    public static TheoryData<ulong> Seeds => LawSeeds.All;

    [Fact]
    public void Predicted_latency_weighs_queues_by_each_instance_s_speed()
    {
        // Instance 1 computes prompts ten times slower: until instance 0 has ten prompts queued, it is the better one.
        var cluster = Clusters.Aggregated(2, i => Clusters.Instance($"aggregated-{i}", cost: new LinearCost(stepMs: 0, prefillTokenMs: i == 0 ? 0.05 : 0.5)), new RouterSpec("predicted-latency"));
        var router = new Router(cluster, logsDecisions: true);
        var chosen = Enumerable.Range(0, 11).Select(i => router.Route(Clusters.Request(i, 100, 1), 0)!).ToList();

        chosen.Take(9).ShouldAllBe(d => d.PrefillInstance == 0);
        chosen[10].PrefillCosts.Select(c => c.Cost).Min().ShouldBe(50e6, 1);
    }

    [Fact]
    public void The_conductor_turns_away_what_would_miss_its_objective()
    {
        var cluster = Clusters.Aggregated(1, router: new RouterSpec("conductor")) with { Slo = new SloSpec(TtftNs: 100 * Time.Millisecond) };
        // A prompt of 1,000 takes 55 ms: the second of two at once would wait for the first.
        var run = ClusterSimulation.Run(cluster, new Workload.OpenLoop([Clusters.Request(0, 1000, 2), Clusters.Request(1, 1000, 2)]));

        run.Requests.OrderBy(r => r.Id).Select(r => (r.Outcome, r.Rejection)).ShouldBe(
            [(RequestOutcome.Completed, RejectionReason.None), (RequestOutcome.Rejected, RejectionReason.PredictedTtft)]);
    }

    [Fact]
    public void The_conductor_copies_a_hot_prefix_to_an_idle_instance()
    {
        var cluster = Clusters.Disaggregated(2, 1, router: new RouterSpec("conductor") { Dials = new Dictionary<string, double> { ["early_rejection"] = 0 } });
        var content = TokenContent.Unique(5, 2001);
        List<RequestSpec> requests = [Clusters.Request(0, 2000, 1, 0, content)];
        // Three at once later: the holder is the best for the first, the others pay for its queue or for a copy.
        for (var i = 1; i <= 4; i++) requests.Add(Clusters.Request(i, 2000, 1, Time.Second, content));
        var observer = new RegretObserver();
        var run = ClusterSimulation.Run(cluster, new Workload.OpenLoop(requests), observer);

        var copy = observer.Decisions.First(d => d.CopySource >= 0);
        copy.CopyTokens.ShouldBe(1984);
        run.KvBytesMoved.ShouldBe(observer.Decisions.Count(d => d.CopySource >= 0) * 1984 * 131_072.0);
        run.Requests.Where(r => r.Id > 0).ShouldAllBe(r => r.CachedTokens >= 1984);
    }

    [Fact]
    public void History_is_believed_for_its_time_to_live_and_needs_no_events()
    {
        var router = new Router(Clusters.Aggregated(4, router: new RouterSpec("cache-aware") { Index = PrefixIndexSource.History, HistoryTtlNs = 100 }));
        router.UsesPrefixOverlap.ShouldBeFalse();
        var content = TokenContent.Unique(5, 400);
        var first = router.Route(Clusters.Request(0, 300, 10, content: content), 0)!;
        router.Ended(0, 1);

        var soon = router.Route(Clusters.Request(1, 300, 10, content: content), 50)!;
        (soon.PrefillInstance, soon.OverlapBlocks).ShouldBe((first.PrefillInstance, 18));
        router.Route(Clusters.Request(2, 300, 10, content: content), 149)!.OverlapBlocks.ShouldBe(18);
        router.Route(Clusters.Request(3, 300, 10, content: TokenContent.Unique(5, 400)), 400)!.OverlapBlocks.ShouldBe(0);
    }

    [Fact]
    public void A_history_forgets_what_was_sent_longest_ago_where_a_cache_would_have_dropped_it()
    {
        var router = new Router(Clusters.Aggregated(1, router: new RouterSpec("scorers") { Index = PrefixIndexSource.History, HistoryCapacityTokens = 500 }));
        Overlap(router, 0, contentId: 1).ShouldBe(0);
        Overlap(router, 1, contentId: 2).ShouldBe(0);
        // 18 blocks each, of 31: the second pushed out the first's beginning, and with it the chain.
        Overlap(router, 2, contentId: 1).ShouldBe(0);
        Overlap(router, 3, contentId: 1).ShouldBe(18);
    }

    [Fact]
    public void A_history_of_short_reach_takes_prompts_that_begin_alike_for_the_same()
    {
        var spec = new RouterSpec("scorers") { Index = PrefixIndexSource.History, HistoryReachTokens = 160 };
        var router = new Router(Clusters.Aggregated(1, router: spec), logsDecisions: true);
        TokenContent Prompt(ulong end) => new([new ContentSegment(7, 200), new ContentSegment(end, 200)]);
        router.Route(Clusters.Request(0, 400, 10, content: Prompt(1)), 0);
        var other = router.Route(Clusters.Request(1, 400, 10, content: Prompt(2)), 0)!;
        other.OverlapBlocks.ShouldBe(10);
        // All that it can know matches: a full score, as if the whole prompt were there.
        other.PrefillCosts[0].Cost.ShouldBe(-4);
    }

    private static int Overlap(Router router, long id, ulong contentId) =>
        router.Route(Clusters.Request(id, 300, 10, content: TokenContent.Unique(contentId, 300)), id)!.OverlapBlocks;

    [Fact]
    public void The_oracle_knows_what_a_router_does_not_a_slow_rank_and_a_stale_view()
    {
        // Instance 0 is ten times as slow from the start on; chance sends half of the requests there.
        Fault[] faults = [new StragglerRank(0, 0, 10)];
        var cluster = Clusters.Aggregated(2, router: new RouterSpec("random")) with { Faults = [.. faults] };
        var observer = new RegretObserver();
        ClusterSimulation.Run(cluster, new Workload.OpenLoop([.. Enumerable.Range(0, 40).Select(i => Clusters.Request(i, 500, 1, (i + 1) * 2 * Time.Second))]), observer);

        foreach (var decision in observer.Decisions)
        {
            // 500 tokens: 5 ms and 50 µs each, or ten times that; the router itself sees no difference.
            decision.Oracle!.Value.ShouldBe(decision.PrefillInstance == 1 ? new OracleVerdict(0, 1, 1) : new OracleVerdict(9 * 30 * Time.Millisecond, 1, 1));
            decision.RegretNs.ShouldBe(0);
        }

        observer.Decisions.Count(d => d.PrefillInstance == 0).ShouldBeInRange(10, 30);
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void The_same_seed_writes_the_same_decision_log_byte_for_byte_skipping_ahead_or_not(ulong seed)
    {
        string Log(bool skips)
        {
            var (cluster, requests) = RandomScenarios.Of(seed);
            using var text = new StringWriter();
            ClusterSimulation.RunWith(new SimulationOptions { Observer = new DecisionLog(cluster, text), SkipAhead = skips }, cluster, new Workload.OpenLoop(requests));
            return text.ToString();
        }

        var log = Log(skips: true);
        log.ShouldBe(Log(skips: true), $"seed {seed}");
        log.ShouldBe(Log(skips: false), $"seed {seed}");
        log.Split('\n').Length.ShouldBeGreaterThan(30);
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Asking_the_oracle_changes_nothing(ulong seed)
    {
        var (cluster, requests) = RandomScenarios.Of(seed);
        ClusterSimulation.Run(cluster, new Workload.OpenLoop(requests), new RegretObserver()).LogHash
            .ShouldBe(ClusterSimulation.Run(cluster, new Workload.OpenLoop(requests)).LogHash, $"seed {seed}");
    }

    [Fact]
    public void Regret_is_never_negative_and_who_predicts_latency_has_less_of_it_than_chance()
    {
        var cluster = Clusters.Aggregated(4, router: new RouterSpec("predicted-latency"));
        var requests = Clusters.Poisson(200, 60, 800, 20).ToList();
        Regret("random").ShouldBeGreaterThan(2 * Regret("predicted-latency"));

        double Regret(string policy)
        {
            var observer = new RegretObserver();
            var run = ClusterSimulation.Run(cluster with { Router = new RouterSpec(policy) }, new Workload.OpenLoop(requests), observer);
            observer.Decisions.Count.ShouldBe(200);
            observer.RegretsNs.ShouldAllBe(r => r >= 0);
            run.Regrets!.MeanNs.ShouldBe(observer.RegretsNs.Average(), 0.01 * observer.RegretsNs.Average());
            return observer.RegretsNs.Average();
        }
    }
}
