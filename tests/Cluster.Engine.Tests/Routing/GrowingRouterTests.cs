using Cluster.Engine.KvCache;
using Cluster.Engine.Routing;
using Cluster.Engine.Topology;
using Cluster.Testing;

namespace Cluster.Engine.Tests.Routing;

/// <summary>A router whose cluster changes under it.</summary>
public sealed class GrowingRouterTests
{
    [Fact]
    public void An_instance_that_joins_is_chosen_and_what_was_known_of_the_others_stays()
    {
        var router = new Router(Clusters.Aggregated(1, router: new RouterSpec("least-requests")));
        router.Route(Clusters.Request(1), 0)!.PrefillInstance.ShouldBe(0);

        var added = router.Add(Clusters.Instance("aggregated-1"));
        router.Route(Clusters.Request(2), 0)!.PrefillInstance.ShouldBe(added);
        router.ActiveRequests(0, 0).ShouldBe(1);
        router.ActiveRequests(added, 0).ShouldBe(1);
        router.Ended(1, 0);
        router.ActiveRequests(0, 0).ShouldBe(0);
    }

    [Fact]
    public void The_index_keeps_its_blocks_when_it_grows_past_a_machine_word()
    {
        var index = new KvIndex(60);
        var overlaps = new PrefixMatches(130);
        for (ulong key = 1; key <= 200; key++) index.Stored((int)(key % 60), key);
        index.Grow(130);
        index.Stored(129, 1);

        index.Overlaps(BlockChain.Of([1]), overlaps);
        overlaps[1].ShouldBe(1);
        overlaps[129].ShouldBe(1);
        overlaps.Holders.ToArray().ShouldBe([1UL << 1, 0, 1UL << 1]);
        index.Overlaps(BlockChain.Of([200]), overlaps);
        overlaps[20].ShouldBe(1);
    }

    [Fact]
    public void Another_policy_decides_on_the_same_view()
    {
        var router = new Router(Clusters.Aggregated(2, router: new RouterSpec("round-robin")));
        router.Route(Clusters.Request(1), 0)!.PrefillInstance.ShouldBe(0);
        router.Use("least-requests", new Dictionary<string, double>());
        router.Route(Clusters.Request(2), 0)!.PrefillInstance.ShouldBe(1);
        router.Spec.Policy.ShouldBe("least-requests");
        Should.Throw<ArgumentException>(() => router.Use("no-such", new Dictionary<string, double>()));
        router.Spec.Policy.ShouldBe("least-requests");
    }
}
