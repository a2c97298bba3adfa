using Cluster.Engine.Requests;
using Cluster.Engine.Routing;
using Cluster.Engine.Topology;
using Cluster.Engine.Units;
using Cluster.Testing;

namespace Cluster.Engine.Tests.Routing;

public sealed class RoutingPolicyTests
{
    [Fact]
    public void Round_robin_takes_turns() =>
        Enumerable.Range(0, 6).Select(Route(new Router(Clusters.Aggregated(3)))).ShouldBe([0, 1, 2, 0, 1, 2]);

    [Fact]
    public void Power_of_two_takes_the_less_loaded_of_the_two_that_it_drew()
    {
        // Of two instances both are drawn, so each request goes where fewer are.
        var router = new Router(Clusters.Aggregated(2, router: new RouterSpec("power-of-two")));
        for (var pair = 0; pair < 20; pair++)
            Enumerable.Range(2 * pair, 2).Select(Route(router)).Order().ShouldBe([0, 1]);
    }

    [Theory]
    [InlineData(0, -0.5)]
    [InlineData(64, -0.25)]
    [InlineData(500, 0)]
    public void The_load_scorer_falls_from_a_half_to_nothing_at_128_waiting(int waiting, double cost)
    {
        var dials = new Dictionary<string, double> { ["prefix_weight"] = 0, ["kv_weight"] = 0, ["queue_weight"] = 0, ["load_weight"] = 1 };
        var router = new Router(Clusters.Aggregated(1, router: new RouterSpec("scorers") { Dials = dials }), logsDecisions: true);
        router.Report(0, new InstanceLoad(1, waiting, 0.5), 0);
        router.Route(Clusters.Request(0, 160, 10), 0)!.PrefillCosts[0].Cost.ShouldBe(cost, 1e-12);
    }

    [Fact]
    public void Kv_aware_goes_where_the_prefix_is_unless_load_outweighs_it()
    {
        var router = new Router(Clusters.Aggregated(2, router: new RouterSpec("kv-aware")));
        var content = TokenContent.Unique(5, 1600);
        foreach (var key in content.ChainedBlockKeys(16, 1600)) router.Stored(1, key, 0);

        // 99.4 prompt blocks of which 99 match: 0.4 + 100 there against 99.4 + 100 here.
        router.Route(Clusters.Request(0, 1590, 10, content: content), 0)!.PrefillInstance.ShouldBe(1);
        // One request under way there, of which all but the last, unfilled block is shared: 0.75 + 101 against 99.4 + 100.
        router.Route(Clusters.Request(1, 1590, 10, content: content), 0)!.PrefillInstance.ShouldBe(1);
        // What shares nothing goes where nobody is.
        router.Route(Clusters.Request(2, 160, 10), 0)!.PrefillInstance.ShouldBe(0);
    }

    [Fact]
    public void Kv_aware_counts_blocks_that_requests_share_once_until_the_last_of_them_ends()
    {
        var router = new Router(Clusters.Aggregated(2, router: new RouterSpec("kv-aware") { Dials = new Dictionary<string, double> { ["prefill_load_scale"] = 0 } }), logsDecisions: true);
        var content = TokenContent.Unique(5, 1600);
        router.Close(1, forget: false, nowNs: 0);
        double Cost(int id) => router.Route(Clusters.Request(id, 1600, 10, content: content), 0)!.PrefillCosts[0].Cost;
        double CostOfOther(int id)
        {
            var cost = router.Route(Clusters.Request(id, 160, 10), 0)!.PrefillCosts[0].Cost;
            router.Ended(id, 0);
            return cost;
        }

        Cost(0).ShouldBe(100);
        Cost(1).ShouldBe(100);
        CostOfOther(2).ShouldBe(110);
        router.Ended(0, 0);
        CostOfOther(3).ShouldBe(110);
        router.Ended(1, 0);
        CostOfOther(4).ShouldBe(10);
    }

    [Fact]
    public void A_speculative_index_counts_a_prompt_as_cached_while_it_is_computed()
    {
        RouterSpec spec = new("cache-aware") { SpeculativeIndex = true };
        var content = TokenContent.Unique(5, 1600);
        foreach (var speculates in new[] { false, true })
        {
            var router = new Router(Clusters.Aggregated(4, router: spec with { SpeculativeIndex = speculates }));
            var first = router.Route(Clusters.Request(0, 1590, 10, content: content), 0)!;
            first.OverlapBlocks.ShouldBe(0);
            var second = router.Route(Clusters.Request(1, 1590, 10, content: content), 0)!;
            second.OverlapBlocks.ShouldBe(speculates ? 99 : 0);
            if (!speculates) continue;
            second.PrefillInstance.ShouldBe(first.PrefillInstance);
            // What was computed has become known by events, or is not there.
            router.PrefillEnded(0, 0);
            router.PrefillEnded(1, 0);
            router.Route(Clusters.Request(2, 1590, 10, content: content), 0)!.OverlapBlocks.ShouldBe(0);
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Blocks_count_the_less_the_farther_they_lie_whether_told_by_run_or_one_by_one(bool byRun)
    {
        InstanceSpec WithTier(int i) => Clusters.Instance($"aggregated-{i}") is var spec
            ? spec with { Kv = spec.Kv with { Tiers = [new KvTierSpec(KvTierKind.Host, 100, 1e6, Clusters.Link)] } } : spec;
        var router = new Router(Clusters.Aggregated(4, WithTier, new RouterSpec("kv-aware")), logsDecisions: true);
        var content = TokenContent.Unique(5, 1600);
        var chain = content.BlockChain(16);
        for (var instance = 0; instance < 3; instance++) Tell(0, 80, key => router.Stored(instance, key, 0), (start, count) => router.Stored(instance, chain, start, count, 0));
        Tell(40, 40, key => router.Offloaded(1, key, KvTierKind.Host, 0), (start, count) => router.Offloaded(1, chain, start, count, KvTierKind.Host, 0));
        Tell(40, 40, key => router.Offloaded(2, key, KvTierKind.Ssd, 0), (start, count) => router.Offloaded(2, chain, start, count, KvTierKind.Ssd, 0));

        var decision = router.Route(Clusters.Request(0, 1590, 10, content: content), 0)!;
        decision.PrefillInstance.ShouldBe(0);
        // Forty blocks at three quarters of a block, at one quarter, and none at all.
        var costs = decision.PrefillCosts.Select(c => c.Cost).ToArray();
        (costs[1] - costs[0]).ShouldBe(10, 1e-9);
        (costs[2] - costs[1]).ShouldBe(20, 1e-9);
        (costs[3] - costs[2]).ShouldBe(50, 1e-9);
        Tell(40, 40, key => router.Removed(1, key, 0), (start, count) => router.Removed(1, chain, start, count, 0));
        router.Route(Clusters.Request(1, 1590, 10, content: content), 0)!.PrefillCosts[1].OverlapBlocks.ShouldBe(40);

        void Tell(int start, int count, Action<ulong> one, Action<int, int> run)
        {
            if (byRun) run(start, count);
            else foreach (var key in chain.Keys.AsSpan(start, count)) one(key);
        }
    }

    [Fact]
    public void A_stale_view_does_not_know_what_was_stored_since()
    {
        var router = new Router(Clusters.Aggregated(2, router: new RouterSpec("cache-aware") { StalenessNs = 100 }));
        var content = TokenContent.Unique(5, 160);
        foreach (var key in content.ChainedBlockKeys(16, 160)) router.Stored(1, key, nowNs: 1000);

        router.Route(Clusters.Request(0, 150, 10, content: content), 1050)!.OverlapBlocks.ShouldBe(0);
        var later = router.Route(Clusters.Request(1, 150, 10, content: content), 1100)!;
        (later.PrefillInstance, later.OverlapBlocks).ShouldBe((1, 9));
    }

    [Fact]
    public void Short_prompts_stay_on_the_decode_instance_when_disaggregation_is_conditional()
    {
        var transfer = new TransferSpec { Conditional = new ConditionalDisaggregation(64, 2) };
        var router = new Router(Clusters.Disaggregated(1, 1, transfer: transfer));
        router.Route(Clusters.Request(0, 63, 10), 0)!.IsLocal.ShouldBeTrue();
        router.Route(Clusters.Request(1, 65, 10), 0)!.IsLocal.ShouldBeFalse();
    }

    [Fact]
    public void A_session_stays_where_it_is_when_another_instance_closes()
    {
        var router = new Router(Clusters.Aggregated(4, router: new RouterSpec("session-affinity")));
        var before = Enumerable.Range(1, 50).Select(s => Home(router, s)).ToList();
        router.Close(2, forget: true, nowNs: 0);
        var after = Enumerable.Range(1, 50).Select(s => Home(router, s)).ToList();

        for (var i = 0; i < before.Count; i++)
            if (before[i] != 2) after[i].ShouldBe(before[i]);
        after.ShouldNotContain(2);
    }

    [Fact]
    public void Every_policy_picks_a_candidate_and_prices_all_of_them()
    {
        foreach (var policy in Routers.Registry.All)
        {
            var router = new Router(Clusters.Aggregated(3, router: new RouterSpec(policy.Name)), logsDecisions: true);
            var decision = router.Route(Clusters.Request(0), 0)!;
            decision.PrefillInstance.ShouldBeInRange(0, 2, policy.Name);
            decision.PrefillCosts.Length.ShouldBe(3, policy.Name);
        }
    }

    [Fact]
    public void When_all_instances_are_closed_nobody_is_chosen()
    {
        var router = new Router(Clusters.Aggregated(1));
        router.Close(0, forget: false, nowNs: 0);
        router.Route(Clusters.Request(0), 0).ShouldBeNull();
    }

    private static Func<int, int> Route(Router router) => id => router.Route(Clusters.Request(id), 0)!.PrefillInstance;

    private static int Home(Router router, int session) =>
        router.Route(Clusters.Request(session) with { SessionId = Hashing.Mix(1, (ulong)session) }, 0)!.PrefillInstance;
}
