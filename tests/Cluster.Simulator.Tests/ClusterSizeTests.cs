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
