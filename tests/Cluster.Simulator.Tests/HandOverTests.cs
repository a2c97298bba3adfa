using Cluster.Engine.Hardware;
using Cluster.Engine.Requests;
using Cluster.Engine.Routing;
using Cluster.Engine.Topology;
using Cluster.Engine.Transfer;
using Cluster.Engine.Units;
using Cluster.Simulator.Recording;
using Cluster.Testing;

namespace Cluster.Simulator.Tests;

public sealed class HandOverTests
{
    // 1 GB/s without loss or set-up; 100 prompt tokens are 7 blocks of 16 at 131,072 bytes per token: 14.680064 ms.
    private static readonly LinkProfile s_slow = new("slow", 1e9, 0, 1, 0, "a test's");
    private const long WholeNs = 14_680_064;

    [Fact]
    public void Without_overlap_the_whole_transfer_follows_the_prefill()
    {
        var hops = Lone(new TransferSpec()).Hops;
        hops.PrefillNs.ShouldBe(10_000_000);
        hops.KvTransferNs.ShouldBe(WholeNs);
    }

    [Fact]
    public void With_overlap_only_what_does_not_fit_behind_the_prefill_is_exposed()
    {
        // The prompt is one step of 10 ms, and the link is busy from its start: of 14.68 ms, 4.68 are left to wait for.
        var hops = Lone(new TransferSpec { LayerwiseOverlap = true }).Hops;
        hops.PrefillNs.ShouldBe(10_000_000);
        hops.KvTransferNs.ShouldBeInRange(WholeNs - 10_000_010, WholeNs - 9_999_990);
    }

    [Fact]
    public void With_overlap_and_a_fast_link_the_last_layer_is_exposed()
    {
        // Ten times the bandwidth: three of four layers fit behind the prefill, the last leaves at its end.
        var hops = Lone(new TransferSpec { LayerwiseOverlap = true }, s_slow with { BytesPerSecond = 10e9 }).Hops;
        hops.KvTransferNs.ShouldBeInRange(WholeNs / 40 - 10, WholeNs / 40 + 10);
    }

    [Fact]
    public void KV_that_expires_at_its_source_is_computed_again_where_it_decodes()
    {
        var run = Run(new TransferSpec { ExpiryNs = 2 * Time.Millisecond }, s_slow, Clusters.Request(0, 100, 3));
        var request = run.Requests.ShouldHaveSingleItem();
        request.Outcome.ShouldBe(RequestOutcome.Completed);
        // 10 ms of prefill, 2 ms until the source gives up; the decode instance then takes it at once.
        request.TtftNs.ShouldBe(12_000_000);
        request.Hops.KvTransferNs.ShouldBe(2_000_000);
        run.Instances[0].KvExpired.ShouldBe(1);
        run.Instances[1].FellBack.ShouldBe(1);
        run.Instances[1].PromptTokens.ShouldBe(100);
    }

    [Fact]
    public void Full_transfer_moves_what_the_destination_has_already()
    {
        var content = TokenContent.Unique(5, 200);
        RequestSpec[] twice = [Clusters.Request(0, 100, 3, 0, content), Clusters.Request(1, 100, 3, Time.Second, content)];
        Run(new TransferSpec { MissingOnly = false }, s_slow, twice).KvBytesMoved.ShouldBe(2 * WholeNs);
        // The second time the destination has six of seven blocks.
        Run(new TransferSpec(), s_slow, twice).KvBytesMoved.ShouldBe(WholeNs + WholeNs / 7);
    }

    [Fact]
    public void Another_TP_at_the_destination_costs_two_passes_over_its_memory()
    {
        var (same, other) = (Clusters.Instance(), Clusters.Instance());
        other = other with { Deployment = other.Deployment with { Parallelism = new Parallelism(2) } };
        TransferPlan.RelayoutSeconds(same, same, 1e9).ShouldBe(0);
        TransferPlan.RelayoutSeconds(same, other, 1e9).ShouldBe(1e-3, 1e-12);
    }

    [Fact]
    public void A_client_that_goes_away_leaves_nothing_behind()
    {
        var patience = new[] { 0, 5, 11, 16, 30, 500 };
        var requests = patience.Select((ms, i) => Clusters.Request(i, 100, 10, i * Time.Second) with { PatienceNs = ms * Time.Millisecond }).ToArray();
        var run = Run(new TransferSpec(), s_slow, requests);

        run.Requests.Select(r => r.Outcome).ShouldBe([.. Enumerable.Repeat(RequestOutcome.Aborted, 5), RequestOutcome.Completed]);
        // At 30 ms: 10 prefill, 14.7 transfer; the second decode step is under way and its token counts.
        run.Requests.Select(r => r.OutputTokens).ShouldBe([0, 0, 0, 0, 3, 10]);
    }

    [Fact]
    public void Requests_find_instances_of_their_model()
    {
        var cluster = Clusters.Aggregated(2, i => Clusters.Instance($"aggregated-{i}") is var spec && i == 0 ? spec
            : spec with { Deployment = spec.Deployment with { Model = spec.Deployment.Model with { Name = "other" } } });
        RequestSpec[] requests =
        [
            Clusters.Request(0) with { Model = "other" },
            Clusters.Request(1) with { Model = "tiny" },
            Clusters.Request(2) with { Model = "none" },
        ];
        var run = ClusterSimulation.Run(cluster, new Workload.OpenLoop(requests));
        run.Requests.OrderBy(r => r.Id).Select(r => (r.DecodeInstance, r.Outcome)).ShouldBe(
            [(1, RequestOutcome.Completed), (0, RequestOutcome.Completed), (-1, RequestOutcome.Rejected)]);
    }

    [Fact]
    public void Prefixes_are_found_on_instances_with_other_block_sizes()
    {
        var cluster = Clusters.Aggregated(2, i => Clusters.Instance($"aggregated-{i}", blockSize: i == 0 ? 16 : 64), new RouterSpec("kv-aware"));
        var router = new Router(cluster);
        var request = Clusters.Request(0, input: 400, output: 1);
        foreach (var key in request.Content.ChainedBlockKeys(64, 400)) router.Stored(1, key, 0);

        var decision = router.Route(request, 0)!;
        decision.PrefillInstance.ShouldBe(1);
        // Six blocks of 64 are 24 of the router's 16.
        decision.OverlapBlocks.ShouldBe(24);
    }

    private static RequestRecord Lone(TransferSpec transfer, LinkProfile? link = null) =>
        Run(transfer, link ?? s_slow, Clusters.Request(0, 100, 3)).Requests.ShouldHaveSingleItem();

    private static RunRecord Run(TransferSpec transfer, LinkProfile link, params RequestSpec[] requests) =>
        ClusterSimulation.Run(Clusters.Disaggregated(1, 1, transfer: transfer) with { Link = link }, new Workload.OpenLoop(requests));
}
