using Cluster.Engine.Requests;
using Cluster.Engine.Units;
using Cluster.Simulator.Recording;
using Cluster.Testing;

namespace Cluster.Simulator.Tests;

public sealed class ClusterSimulationTests
{
    [Fact]
    public void A_lone_request_takes_its_prefill_step_and_one_step_per_further_token()
    {
        var cluster = Clusters.Aggregated(1);
        var run = ClusterSimulation.Run(cluster, new Workload.OpenLoop([Clusters.Request(0, input: 100, output: 3)]));

        var only = run.Requests.ShouldHaveSingleItem();
        // 100 prompt tokens: 5 ms + 100 · 0.05 ms; then contexts of 101 and 102 tokens at 0.01 µs each.
        only.TtftNs.ShouldBe(10_000_000);
        only.E2eNs.ShouldBe(10_000_000 + 5_001_010 + 5_001_020);
        run.Gaps.Count.ShouldBe(2);
    }

    [Fact]
    public void The_hops_of_every_request_add_up_to_its_TTFT()
    {
        var run = ClusterSimulation.Run(Clusters.Disaggregated(2, 2), new Workload.OpenLoop(Clusters.Poisson(300, 20, 200, 40)));

        run.Requests.Count.ShouldBe(300);
        foreach (var request in run.Requests)
        {
            request.Outcome.ShouldBe(RequestOutcome.Completed);
            request.Hops.TotalNs.ShouldBe(request.TtftNs);
            request.Hops.KvTransferNs.ShouldBeGreaterThan(0);
        }
    }

    [Fact]
    public void Requests_that_have_ended_are_let_go_while_the_run_goes_on()
    {
        var (seen, alive) = (new List<WeakReference>(), int.MaxValue);
        var run = ClusterSimulation.Run(Clusters.Aggregated(2), new Workload.OpenLoop(Requests()));
        run.Requests.Count.ShouldBe(20_000);
        alive.ShouldBeLessThan(5);

        IEnumerable<RequestSpec> Requests()
        {
            for (var i = 0; i < 20_000; i++)
            {
                var request = Clusters.Request(i, 50, 3, i * 20L * Time.Millisecond);
                if (i % 500 == 0) seen.Add(new WeakReference(request));
                yield return request;
                if (i != 19_400) continue;
                GC.Collect();
                alive = seen.Count(r => r.IsAlive);
            }
        }
    }
}
