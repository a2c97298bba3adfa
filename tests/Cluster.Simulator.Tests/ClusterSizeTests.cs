using Cluster.Engine.Requests;
using Cluster.Engine.Topology;
using Cluster.Testing;

namespace Cluster.Simulator.Tests;

public sealed class ClusterSizeTests
{
    [Fact]
    public void A_hundred_instances_cost_no_more_per_step_than_four()
    {
        PerStep(4);
        PerStep(100).ShouldBeLessThan(1.2 * PerStep(4));
    }

    [Theory]
    [InlineData("kv-aware")]
    [InlineData("least-requests")]
    [InlineData("cache-aware")]
    [InlineData("round-robin")]
    public void A_thousand_instances_take_no_more_events_per_step_and_no_more_looks_per_decision_than_eight(string policy)
    {
        var (few, many) = (Effort(8, policy), Effort(1000, policy));
        many.Looks.ShouldBeLessThan(1.1 * few.Looks);
        many.Events.ShouldBeLessThan(1.1 * few.Events);
    }

    private static (double Looks, double Events) Effort(int instances, string policy)
    {
        var requests = Clusters.Poisson(instances * 10, instances * 5, 200, 60).ToList();
        var run = ClusterSimulation.Run(Clusters.Aggregated(instances, router: new RouterSpec(policy)), new Workload.OpenLoop(requests));
        return (run.Effort!.CandidatesLookedAt / (double)requests.Count, run.Effort.Events / (double)run.Instances.Sum(i => i.Walls.Steps));
    }

    /// <summary>Bytes allocated per step: a count that grows with work, and that no other process disturbs.</summary>
    private static double PerStep(int instances)
    {
        var cluster = Clusters.Aggregated(instances, router: new RouterSpec("least-requests"));
        var requests = Clusters.Poisson(instances * 40, instances * 10, 200, 60).ToList();
        var before = GC.GetAllocatedBytesForCurrentThread();
        var run = ClusterSimulation.RunWith(new SimulationOptions { SkipAhead = false }, cluster, new Workload.OpenLoop(requests));
        var bytes = GC.GetAllocatedBytesForCurrentThread() - before;
        return bytes / (double)run.Instances.Sum(i => i.Walls.Steps);
    }
}
