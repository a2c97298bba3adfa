using Cluster.Engine.Hardware;
using Cluster.Engine.Topology;
using Cluster.Gateway.Live;
using Cluster.Grains;
using Cluster.Grains.Hosting;
using Cluster.Testing;

namespace Cluster.Gateway.Tests.Live;

/// <summary>Instances of several rank groups: a step is as long as the slowest takes.</summary>
public sealed class LiveRankTests
{
    private static readonly LiveOptions s_options = new() { Compute = ComputeMode.Modeled, TimeScale = 20 };

    [Fact]
    public async Task A_slow_rank_of_a_further_group_holds_the_whole_instance_up()
    {
        await using var cluster = await LiveCluster.StartAsync(TwoStages(), s_options);
        using var http = new HttpClient { BaseAddress = cluster.Endpoint };
        await http.CompleteAsync(5);
        (await SlowestAsync(cluster)).ShouldBe([5, 0]);

        await http.AdminAsync(HttpMethod.Post, "faults", new { kind = "slow", target = "aggregated-0", rank = 1, factor = 3 });
        var fromNs = cluster.NowNs;
        await http.CompleteAsync(20);
        var now = await cluster.GetSnapshotAsync();
        now.Instances[0].Slowdown.ShouldBe(3);
        now.Instances[0].SlowestSteps.ShouldBe([5, 20]);
        (cluster.NowNs - fromNs).ShouldBeGreaterThan(20 * 3 * 5_000_000L);
    }

    [Fact]
    public async Task A_rank_that_the_instance_does_not_have_is_refused_in_words()
    {
        await using var cluster = await LiveCluster.StartAsync(TwoStages(), s_options);
        using var http = new HttpClient { BaseAddress = cluster.Endpoint };
        using var body = new StringContent("""{"kind":"slow","target":"aggregated-0","rank":2}""", System.Text.Encoding.UTF8, "application/json");
        using var response = await http.PostAsync(new Uri("admin/faults", UriKind.Relative), body);
        ((int)response.StatusCode).ShouldBe(400);
        (await response.Content.ReadAsStringAsync()).ShouldContain("0 … 1");
    }

    [Fact]
    public void The_further_groups_of_an_instance_sit_on_the_silos_after_its_own()
    {
        var cluster = Clusters.Aggregated(3);
        string[] silos = ["gateway-0", "silo-0", "silo-1", "silo-2"];
        int Of(string type, string key) => SiloChoice.Choose(silos, type, key, cluster);
        var own = Of("decode", GrainKeys.Instance(cluster.Name, "aggregated-1"));
        silos[own].ShouldBe("silo-1");
        silos[Of("rankgroup", GrainKeys.RankGroup(cluster.Name, "aggregated-1", 1))].ShouldBe("silo-2");
        silos[Of("rankgroup", GrainKeys.RankGroup(cluster.Name, "aggregated-1", 2))].ShouldBe("silo-0");
    }

    private static ClusterSpec TwoStages() => Clusters.Aggregated(1, i =>
    {
        var instance = Clusters.Instance($"aggregated-{i}");
        return instance with { Deployment = instance.Deployment with { Parallelism = new Parallelism(Pp: 2) } };
    });

    private static async Task<long[]> SlowestAsync(LiveCluster cluster) => (await cluster.GetSnapshotAsync()).Instances[0].SlowestSteps;
}
