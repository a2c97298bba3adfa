using Cluster.Engine.Autoscaling;
using Cluster.Engine.Topology;
using Cluster.Engine.Units;
using Cluster.Gateway.Live;
using Cluster.Testing;

namespace Cluster.Gateway.Tests.Live;

/// <summary>The engine's planner on a live cluster.</summary>
public sealed class LiveAutoscaleTests
{
    [Fact]
    public async Task A_pool_grows_while_objectives_are_missed_and_shrinks_again_when_they_are_easily_met()
    {
        var autoscale = new AutoscaleSpec
        {
            Pools = [new PoolScale("aggregated", Min: 1, Max: 3, Initial: 1)],
            LoadIntervalNs = Time.Second,
            ProvisioningNs = 2 * Time.Second,
        };
        // Nobody can meet an objective of 1 ns per token; with nothing running, all objectives are easily met.
        var spec = Clusters.Aggregated(3) with { Autoscale = autoscale, Slo = new SloSpec(null, 1) };
        await using var cluster = await LiveCluster.StartAsync(spec, new LiveOptions { Compute = ComputeMode.Modeled, TimeScale = 20 });
        using var http = new HttpClient { BaseAddress = cluster.Endpoint };
        Ready(await cluster.GetSnapshotAsync()).ShouldBe(1);

        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (Ready(await cluster.GetSnapshotAsync()) < 3)
        {
            limit.Token.ThrowIfCancellationRequested();
            await http.CompleteAsync(20);
        }

        while (Ready(await cluster.GetSnapshotAsync()) > 1) limit.Token.ThrowIfCancellationRequested();
        (await http.CompleteAsync(4)).ShouldBe(4);
    }

    private static int Ready(Grains.Messages.TopologySnapshot snapshot) => snapshot.Members.Count(m => m.State == "ready");
}
