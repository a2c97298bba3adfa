using Cluster.Engine.Cost;
using Cluster.Engine.Requests;
using Cluster.Engine.Routing;
using Cluster.Engine.Topology;
using Cluster.Engine.Units;
using Cluster.Testing;

namespace Cluster.Engine.Tests.Routing;

/// <summary>Routers that keep candidates in order must choose as if they looked at each.</summary>
public sealed class CandidateSetTests
{
    public static TheoryData<ulong> Seeds => [.. Enumerable.Range(1, 20).Select(i => (ulong)i)];

    public static TheoryData<string> Ranking => ["least-requests", "kv-aware", "cache-aware", "session-affinity", "power-of-two", "round-robin", "random", "predicted-latency", "conductor", "scorers"];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void The_order_knows_its_least_its_greatest_and_its_ties_as_a_scan_does(ulong seed)
    {
        var random = new RandomStream(seed, "order");
        var ranks = new double[random.NextInt(1, 70)];
        var order = new LoadOrder(ranks.Length);
        for (var n = 0; n < 300; n++)
        {
            var at = random.NextInt(ranks.Length);
            order.Set(at, ranks[at] = random.NextInt(6));
            var least = ranks.Min();
            (order.Least, order.Greatest, order.Ties).ShouldBe((least, ranks.Max(), ranks.Count(r => r == least)));
            var ties = Enumerable.Range(0, ranks.Length).Where(i => ranks[i] == least).ToList();
            Enumerable.Range(0, order.Ties).Select(order.TieAt).ShouldBe(ties);
            order.TiesBefore(at).ShouldBe(ties.Count(i => i < at));
        }
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void The_choice_is_the_cheapest_of_all_and_logging_does_not_change_it(ulong seed)
    {
        foreach (var policy in new[] { "kv-aware", "least-requests", "cache-aware" })
        {
            var spec = new RouterSpec(policy) { SpeculativeIndex = seed % 3 == 0 };
            var cluster = seed % 2 == 0 ? Clusters.Aggregated(9, router: spec) : Clusters.Disaggregated(5, 4, router: spec);
            var (logged, plain) = (new Router(cluster, logsDecisions: true), new Router(cluster));
            var random = new RandomStream(seed, "requests");
            for (var id = 0; id < 200; id++)
            {
                var request = Prompt(id, random);
                var decision = logged.Route(request, 0)!;
                var same = plain.Route(request, 0)!;
                (same.PrefillInstance, same.DecodeInstance).ShouldBe((decision.PrefillInstance, decision.DecodeInstance), $"{policy}, request {id}");
                Cost(decision.PrefillCosts, decision.PrefillInstance).ShouldBe(decision.PrefillCosts.Min(c => c.Cost), $"{policy}, request {id}");
                if (!decision.IsLocal) Cost(decision.DecodeCosts, decision.DecodeInstance).ShouldBe(decision.DecodeCosts.Min(c => c.Cost), $"{policy}, request {id}");
                foreach (var router in new[] { logged, plain })
                    Progress(router, request, decision.PrefillInstance, id, new RandomStream(seed + (ulong)id, "progress"));
            }
        }
    }

    /// <summary>Instances whose cost models are told apart have no common order: there each is looked at.</summary>
    [Theory]
    [MemberData(nameof(Seeds))]
    public void Instances_built_alike_are_chosen_from_in_order_as_if_each_were_looked_at(ulong seed)
    {
        foreach (var policy in new[] { "predicted-latency", "conductor" })
        {
            var spec = new RouterSpec(policy) { SpeculativeIndex = seed % 3 == 0, Dials = policy == "conductor" ? new Dictionary<string, double> { ["early_rejection"] = seed % 4 == 0 ? 1 : 0 } : [] };
            var alike = seed % 2 == 0 ? Clusters.Aggregated(9, router: spec) : Clusters.Disaggregated(7, 4, router: spec);
            alike = Alike(alike) with { Seed = seed, Slo = new SloSpec(TtftNs: 200 * Time.Millisecond) };
            var apart = alike with { Instances = [.. alike.Instances.Select(i => i with { Cost = new SameCost(i.Cost) })] };
            var (ordered, scanned) = (new Router(alike), new Router(apart));
            var random = new RandomStream(seed, "requests");
            for (var id = 0; id < 300; id++)
            {
                var request = Prompt(id, random);
                var (found, expected) = (ordered.Route(request, 0), scanned.Route(request, 0));
                (found is null).ShouldBe(expected is null, $"{policy}, request {id}");
                ordered.Rejection.ShouldBe(scanned.Rejection);
                if (expected is null) continue;
                (found!.PrefillInstance, found.DecodeInstance, found.CopySource, found.CopyTokens)
                    .ShouldBe((expected.PrefillInstance, expected.DecodeInstance, expected.CopySource, expected.CopyTokens), $"{policy}, request {id}");
                foreach (var router in new[] { ordered, scanned })
                    Progress(router, request, expected.PrefillInstance, id, new RandomStream(seed + (ulong)id, "progress"));
            }

            ordered.CandidatesLookedAt.ShouldBeLessThan(scanned.CandidatesLookedAt);
        }
    }

    /// <summary>What a scan of all would choose is worked out here, from every candidate's logged cost and the router's own random numbers.</summary>
    [Theory]
    [MemberData(nameof(Seeds))]
    public void Whoever_has_no_queue_is_chosen_from_in_order_as_if_each_were_looked_at(ulong seed)
    {
        var dials = seed % 4 == 0 ? new Dictionary<string, double> { ["kv_weight"] = 0, ["load_weight"] = 1, ["load_threshold"] = 3 } : [];
        var spec = new RouterSpec("scorers") { Dials = dials };
        var cluster = (seed % 2 == 0 ? Clusters.Aggregated(9, router: spec) : Clusters.Disaggregated(7, 4, router: spec)) with { Seed = seed };
        var (logged, plain) = (new Router(cluster, logsDecisions: true), new Router(cluster));
        var (random, draws, load) = (new RandomStream(seed, "requests"), new RandomStream(seed, "router-0"), new RandomStream(seed, "load"));
        for (var id = 0; id < 300; id++)
        {
            var request = Prompt(id, random);
            var (decision, same) = (logged.Route(request, 0)!, plain.Route(request, 0)!);
            decision.PrefillInstance.ShouldBe(Scanned(decision.PrefillCosts, draws), $"request {id}");
            if (!decision.IsLocal) decision.DecodeInstance.ShouldBe(Scanned(decision.DecodeCosts, draws), $"request {id}");
            (same.PrefillInstance, same.DecodeInstance).ShouldBe((decision.PrefillInstance, decision.DecodeInstance));
            // Long queues in one phase, none in the next, everywhere in a third.
            var waiting = (id / 50 % 3) switch { 0 => load.NextInt(4) == 0 ? load.NextInt(1, 6) : 0, 1 => 0, _ => load.NextInt(1, 4) };
            var report = new InstanceLoad(1, waiting, load.NextInt(4) / 4.0);
            var at = load.NextInt(cluster.Instances.Length);
            foreach (var router in new[] { logged, plain })
            {
                router.Report(at, report, 0);
                Progress(router, request, decision.PrefillInstance, id, new RandomStream(seed + (ulong)id, "progress"));
            }
        }

        static int Scanned(IReadOnlyList<CandidateCost> costs, RandomStream draws)
        {
            var least = costs.Min(c => c.Cost);
            var ties = costs.Where(c => c.Cost == least).ToList();
            return ties[ties.Count == 1 ? 0 : ties.Count - 1 - draws.NextInt(ties.Count)].Instance;
        }
    }

    private static ClusterSpec Alike(ClusterSpec cluster) =>
        cluster with { Instances = [.. cluster.Instances.Select(i => i with { Cost = cluster.Instances.First(first => first.Role == i.Role).Cost })] };

    private sealed class SameCost(IStepCostModel cost) : IStepCostModel
    {
        public int BoundedContextTokens => cost.BoundedContextTokens;

        public StepCost Evaluate(in StepShape shape) => cost.Evaluate(in shape);
    }

    [Theory]
    [MemberData(nameof(Ranking))]
    public void A_decision_among_a_thousand_looks_at_no_more_candidates_than_one_among_eight(string policy) =>
        LookedAt(policy, 1000).ShouldBeLessThanOrEqualTo(LookedAt(policy, 8));

    [Fact]
    public void Ties_between_those_that_have_a_prefix_and_those_that_have_none_are_fair()
    {
        // One cached block is worth the two that a waiting one costs: three instances cost the same, one of them by other means.
        var content = TokenContent.Unique(5, 64);
        var chosen = Choices(new Dictionary<string, double> { ["overlap_credit"] = 2 }, router =>
        {
            router.Close(1, forget: false, nowNs: 0);
            router.Close(2, forget: false, nowNs: 0);
            router.Route(Clusters.Request(0, 16, 10), 0)!.PrefillInstance.ShouldBe(0);
            router.Open(1);
            router.Open(2);
            router.Stored(0, content.BlockChain(16), 0, 1, 0);
        }, content);
        foreach (var count in chosen) count.ShouldBeInRange(150, 250);
    }

    [Fact]
    public void Who_has_a_prefix_that_is_worth_nothing_ties_once_with_the_others()
    {
        var content = TokenContent.Unique(5, 64);
        var chosen = Choices(new Dictionary<string, double> { ["host_credit"] = 0 }, router =>
        {
            router.Stored(0, content.BlockChain(16), 0, 2, 0);
            router.Offloaded(0, content.BlockChain(16), 0, 2, KvTierKind.Host, 0);
        }, content);
        foreach (var count in chosen) count.ShouldBeInRange(150, 250);
    }

    private static int[] Choices(Dictionary<string, double> dials, Action<Router> prepare, TokenContent content)
    {
        InstanceSpec WithTier(int i) => Clusters.Instance($"aggregated-{i}") is var spec
            ? spec with { Kv = spec.Kv with { Tiers = [new KvTierSpec(KvTierKind.Host, 100, 1e6, Clusters.Link)] } } : spec;
        var cluster = Clusters.Aggregated(3, WithTier, new RouterSpec("kv-aware") { Dials = dials });
        var chosen = new int[3];
        for (var seed = 0UL; seed < 600; seed++)
        {
            var router = new Router(cluster with { Seed = seed });
            prepare(router);
            chosen[router.Route(Clusters.Request(1, 60, 4, content: content), 0)!.PrefillInstance]++;
        }

        return chosen;
    }

    private static double Cost(IEnumerable<CandidateCost> costs, int instance) => costs.Single(c => c.Instance == instance).Cost;

    private static double LookedAt(string policy, int instances)
    {
        var router = new Router(Alike(Clusters.Aggregated(instances, router: new RouterSpec(policy))));
        for (var id = 0; id < 2000; id++)
        {
            router.Route(Clusters.Request(id, 100, 10), 0);
            if (id >= 500) router.Ended(id - 500, 0);
        }

        return router.CandidatesLookedAt / 2000.0;
    }

    private static RequestSpec Prompt(int id, RandomStream random)
    {
        var input = random.NextInt(1, 400);
        var shared = random.NextInt(4) == 0 ? 0 : Math.Min(input, 16 * random.NextInt(0, 12));
        var unique = new ContentSegment((ulong)id + 100, input + 10 - shared);
        return Clusters.Request(id, input, 10, content: new TokenContent(shared == 0 ? [unique] : [new ContentSegment((ulong)random.NextInt(1, 3), shared), unique]));
    }

    private static void Progress(Router router, RequestSpec request, int instance, int id, RandomStream random)
    {
        var chain = request.Content.BlockChain(16);
        if (random.NextInt(2) == 0 && request.InputTokens >= 16) router.Stored(instance, chain, 0, request.InputTokens / 16, 0);
        if (random.NextInt(5) == 0 && request.InputTokens >= 32) router.Removed(instance, chain, 1, request.InputTokens / 16 - 1, 0);
        if (random.NextInt(2) == 0) router.PrefillEnded(id, 0);
        if (id >= 10 && random.NextInt(4) > 0) router.Ended(id - random.NextInt(1, 10), 0);
        if (random.NextInt(40) == 0) router.Close(random.NextInt(4), forget: true, nowNs: 0);
        if (random.NextInt(40) == 0) router.Open(random.NextInt(4));
        if (random.NextInt(90) == 0) router.Restart();
    }
}
