using Cluster.Engine;
using Cluster.Engine.Faults;
using Cluster.Engine.Requests;
using Cluster.Engine.Routing;
using Cluster.Engine.Topology;
using Cluster.Engine.Units;
using Cluster.Simulator.Recording;
using Cluster.Simulator.Reporting;
using Cluster.Testing;

namespace Cluster.Simulator.Tests;

public sealed class FaultTests
{
    private const long Ms = Time.Millisecond;

    [Fact]
    public void A_request_whose_instance_crashes_continues_elsewhere_with_the_tokens_it_has()
    {
        // Prefill 10 ms, then 5 ms a token: at 40 ms six tokens are out. The rest is a prompt of 106 tokens: 10.3 ms.
        var run = Run(Clusters.Aggregated(2), [new InstanceCrash(40 * Ms, 0)], Clusters.Request(0, 100, 20));
        var request = run.Requests.ShouldHaveSingleItem();
        request.Outcome.ShouldBe(RequestOutcome.Completed);
        request.OutputTokens.ShouldBe(20);
        request.Reroutes.ShouldBe(1);
        request.DecodeInstance.ShouldBe(1);
        request.TtftNs.ShouldBe(10 * Ms);
        run.Gaps.Count.ShouldBe(19);
        run.Instances[1].PromptTokens.ShouldBeInRange(105, 107);
    }

    [Fact]
    public void A_request_that_nobody_can_take_over_fails_once_and_says_why()
    {
        var run = Run(Clusters.Aggregated(1), [new InstanceCrash(40 * Ms, 0)], Clusters.Request(0, 100, 20), Clusters.Request(1, 100, 20, 50 * Ms));
        run.Requests.Select(r => (r.Id, r.Outcome, r.Rejection)).ShouldBe(
        [
            (0, RequestOutcome.Failed, RejectionReason.InstanceLost),
            (1, RequestOutcome.Rejected, RejectionReason.NoInstance),
        ]);
        run.Requests[0].OutputTokens.ShouldBeInRange(5, 7);
    }

    [Fact]
    public void A_request_that_is_longer_than_the_context_is_turned_away_and_the_verdict_says_so()
    {
        var one = Clusters.Instance();
        var run = Run(Clusters.Aggregated(1, _ => one with { Kv = one.Kv with { MaxModelLen = 120 } }), [], Clusters.Request(0, 100, 20), Clusters.Request(1, 100, 21));
        run.Requests.OrderBy(r => r.Id).Select(r => (r.Outcome, r.Rejection)).ShouldBe(
        [
            (RequestOutcome.Completed, RejectionReason.None),
            (RequestOutcome.Rejected, RejectionReason.TooLong),
        ]);
        Verdict.Of([VariantReport.Of(run)]).ShouldContain("turned 1 of 2 requests away: prompt and answer are longer than the context");
    }

    [Fact]
    public void A_crashed_instance_returns_empty_and_serves_again()
    {
        var content = TokenContent.Unique(9, 200);
        var run = Run(
            Clusters.Aggregated(1), [new InstanceCrash(Time.Second, 0) { ForNs = Time.Second }],
            Clusters.Request(0, 100, 5, 0, content), Clusters.Request(1, 100, 5, Time.Second + 1), Clusters.Request(2, 100, 5, 3 * Time.Second, content));
        run.Requests.Select(r => r.Outcome).ShouldBe([RequestOutcome.Completed, RequestOutcome.Rejected, RequestOutcome.Completed]);
        run.Requests[2].CachedTokens.ShouldBe(0);
    }

    [Fact]
    public void A_draining_instance_finishes_what_it_has_and_gets_nothing_new()
    {
        var requests = Enumerable.Range(0, 20).Select(i => Clusters.Request(i, 100, 40, i * 10 * Ms)).ToArray();
        var run = Run(Clusters.Aggregated(2), [new InstanceDrain(55 * Ms, 0) { ForNs = 100 * Ms }], requests);
        run.Requests.ShouldAllBe(r => r.Outcome == RequestOutcome.Completed && r.Reroutes == 0);
        run.Requests.Where(r => r.DecodeInstance == 0).ShouldAllBe(r => r.ArrivedNs < 55 * Ms || r.ArrivedNs >= 155 * Ms);
        run.Requests.Count(r => r.DecodeInstance == 0 && r.ArrivedNs > 155 * Ms).ShouldBeGreaterThan(0);
    }

    [Fact]
    public void A_slow_rank_slows_every_step_of_its_group_while_it_lasts()
    {
        long Ttft(params Fault[] faults) => Run(Clusters.Aggregated(1), faults, Clusters.Request(0, 100, 5)).Requests[0].TtftNs;
        Ttft(new StragglerRank(0, 0, 3)).ShouldBe(3 * Ttft());
        Ttft(new StragglerRank(0, 0, 3), new StragglerRank(0, 0, 2)).ShouldBe(6 * Ttft());
        var run = Run(Clusters.Aggregated(1), [new StragglerRank(0, 0, 3) { ForNs = Time.Second }], Clusters.Request(0, 100, 5, 2 * Time.Second));
        run.Requests[0].TtftNs.ShouldBe(Ttft());
    }

    [Fact]
    public void A_cut_link_holds_transfers_up_until_it_is_mended_or_the_source_gives_up()
    {
        RequestRecord At(long mendsNs, long expiryNs) => Run(
            Clusters.Disaggregated(1, 1, transfer: new TransferSpec { ExpiryNs = expiryNs }), [new LinkDegradation(5 * Ms, 0, 0) { ForNs = mendsNs }],
            Clusters.Request(0, 100, 5)).Requests.Single();
        var mended = At(300 * Ms, 480 * Time.Second);
        mended.Outcome.ShouldBe(RequestOutcome.Completed);
        mended.TtftNs.ShouldBeInRange(305 * Ms, 320 * Ms);
        var expired = At(300 * Ms, 50 * Ms);
        expired.TtftNs.ShouldBeInRange(60 * Ms, 80 * Ms);
        expired.Outcome.ShouldBe(RequestOutcome.Completed);
    }

    [Fact]
    public void A_prefill_instance_that_dies_before_its_KV_has_left_is_replaced()
    {
        var slow = Clusters.Disaggregated(2, 1) with { Link = Clusters.Link with { BytesPerSecond = 1e8 } };
        var run = Run(slow, [new InstanceCrash(40 * Ms, 0)], Clusters.Request(0, 100, 5));
        var request = run.Requests.ShouldHaveSingleItem();
        (request.Outcome, request.PrefillInstance, request.Reroutes, request.OutputTokens).ShouldBe((RequestOutcome.Completed, 1, 1, 5));
        request.Hops.TotalNs.ShouldBe(request.TtftNs);
        run.Gaps.Count.ShouldBe(4);
    }

    [Fact]
    public void An_instance_that_dies_inside_a_step_returns_every_block()
    {
        var instance = new Instance(Clusters.Instance(blocks: 100, blockSize: 1));
        for (var i = 0; i < 4; i++) instance.Enqueue(new Sequence(Clusters.Request(i, 5, 10), 10), 0);
        instance.TryBeginStep(0, out var step).ShouldBeTrue();
        instance.EndStep(step.DueNs);
        instance.TryBeginStep(step.DueNs, out _).ShouldBeTrue();
        instance.Crash().Count.ShouldBe(4);
        instance.State.Pool.Free.ShouldBe(100);
        instance.State.PromisedBlocks.ShouldBe(0);
        instance.State.Pool.CheckIntegrity();
    }

    [Fact]
    public void A_router_that_restarts_has_forgotten_who_caches_what()
    {
        var content = TokenContent.Unique(9, 500);
        var router = new RouterSpec("kv-aware");
        RequestSpec[] requests = [.. Enumerable.Range(0, 12).Select(i => Clusters.Request(i, 400, 5, i * Time.Second, content))];
        var cluster = Clusters.Aggregated(8, router: router);
        Run(cluster, [], requests).Requests.Select(r => r.DecodeInstance).Distinct().Count().ShouldBe(1);
        Run(cluster, [.. Enumerable.Range(1, 11).Select(i => new RouterRestart((i * Time.Second) - 1))], requests)
            .Requests.Select(r => r.DecodeInstance).Distinct().Count().ShouldBeGreaterThan(1);
    }

    [Fact]
    public void Clients_that_hang_up_end_as_aborted_and_about_the_share_asked_for_does()
    {
        var requests = Enumerable.Range(0, 200).Select(i => Clusters.Request(i, 20, 50)).ToArray();
        var run = Run(Clusters.Aggregated(2), [new ClientDisconnect(20 * Ms, 0.3)], requests);
        run.Requests.Count(r => r.Outcome == RequestOutcome.Aborted).ShouldBeInRange(40, 80);
        run.Requests.Count.ShouldBe(200);
    }

    [Fact]
    public void A_slow_client_ends_late_holds_nothing_meanwhile_and_its_closed_loop_sends_later()
    {
        var requests = Enumerable.Range(0, 20).Select(i => Clusters.Request(i, 20, 51, i * 10 * Ms)).ToArray();
        var (fast, slow) = (Run(Clusters.Aggregated(1), [], requests), Run(Clusters.Aggregated(1), [new SlowClients(0, 1, 10)], requests));
        foreach (var (quick, late) in fast.Requests.OrderBy(r => r.Id).Zip(slow.Requests.OrderBy(r => r.Id)))
        {
            // Fifty tokens after the first, ten a second; the cluster itself does not notice.
            (late.TtftNs, late.Outcome, late.OutputTokens).ShouldBe((quick.TtftNs, RequestOutcome.Completed, 51));
            late.E2eNs.ShouldBe(late.TtftNs + (5 * Time.Second));
        }

        var loop = new Workload.ClosedLoop(1, requests.Take(4));
        RunRecord Closed(params Fault[] faults) => ClusterSimulation.Run(Clusters.Aggregated(1) with { Faults = [.. faults] }, loop);
        Closed(new SlowClients(0, 1, 10)).Requests.Max(r => r.FinishedNs).ShouldBeGreaterThan(20 * Time.Second);
        Closed().Requests.Max(r => r.FinishedNs).ShouldBeLessThan(5 * Time.Second);
    }

    [Fact]
    public void Only_clients_that_come_while_it_lasts_are_slow_and_about_the_share_asked_for()
    {
        var requests = Enumerable.Range(0, 200).Select(i => Clusters.Request(i, 20, 20, i * 10 * Ms)).ToArray();
        var run = Run(Clusters.Aggregated(2), [new SlowClients(500 * Ms, 0.5, 1) { ForNs = Time.Second }], requests);
        var slow = run.Requests.Where(r => r.E2eNs > 19 * Time.Second).Select(r => r.Id).ToList();
        slow.ShouldAllBe(id => id >= 50 && id < 150);
        slow.Count.ShouldBeInRange(35, 65);
    }

    [Fact]
    public void A_slow_client_that_hangs_up_while_it_reads_ends_as_aborted_once()
    {
        var run = Run(Clusters.Aggregated(1), [new SlowClients(0, 1, 1), new ClientDisconnect(5 * Time.Second, 1)], Clusters.Request(0, 20, 20));
        (run.Requests.Single().Outcome, run.Requests.Single().E2eNs).ShouldBe((RequestOutcome.Aborted, 5 * Time.Second));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void An_instance_that_was_resized_gets_nothing_until_its_model_is_loaded(bool atOnce)
    {
        var requests = Enumerable.Range(0, 80).Select(i => Clusters.Request(i, 100, 4, i * 10 * Ms)).ToArray();
        var cluster = Clusters.Aggregated(2, i => Clusters.Instance($"aggregated-{i}", modelLoadNs: 300 * Ms));
        var run = Run(cluster, [new InstanceResize(55 * Ms, 0, new(2)) { AtOnce = atOnce }], requests);
        run.Requests.ShouldAllBe(r => r.Outcome == RequestOutcome.Completed);
        var served = run.Requests.Where(r => r.DecodeInstance == 0 && r.Reroutes == 0).Select(r => r.ArrivedNs).ToList();
        served.ShouldAllBe(at => at < 55 * Ms || at >= 355 * Ms);
        // Round robin gives it every other request again; what it had to finish first took less than 50 ms.
        served.Count(at => at >= 410 * Ms).ShouldBeInRange(19, 20);
    }

    private static RunRecord Run(ClusterSpec cluster, Fault[] faults, params RequestSpec[] requests) =>
        ClusterSimulation.Run(cluster with { Faults = [.. faults] }, new Workload.OpenLoop(requests));
}
