using Cluster.Engine.Topology;
using Cluster.Grains.Hosting;
using Cluster.Testing;

namespace Cluster.Grains.Tests.Hosting;

public sealed class SiloChoiceTests
{
    private static readonly ClusterSpec s_cluster = Clusters.Disaggregated(4, 8);
    private static readonly string[] s_silos = ["gateway", "silo-1", "silo-2", "silo-3"];

    [Fact]
    public void Instances_are_dealt_out_evenly_and_none_to_a_gateway()
    {
        var carried = s_cluster.Instances.CountBy(instance => s_silos[Choose(s_silos, instance)]).ToDictionary();
        carried.Keys.Order().ShouldBe(["silo-1", "silo-2", "silo-3"]);
        carried.Values.ShouldAllBe(count => count == 4);
    }

    [Fact]
    public void Instances_that_came_later_are_dealt_out_too()
    {
        var late = Enumerable.Range(4, 3).Select(i => SiloChoice.Choose(s_silos, "prefill", $"x/prefill-{i}", s_cluster));
        late.Distinct().Count().ShouldBe(3);
    }

    [Fact]
    public void A_lost_silo_leaves_its_instances_to_those_that_are_left() =>
        s_cluster.Instances.Select(instance => Choose(s_silos[..3], instance)).ShouldAllBe(choice => choice == 1 || choice == 2);

    [Fact]
    public void What_decides_for_the_cluster_stays_with_the_gateway_while_there_is_one()
    {
        SiloChoice.Choose(["silo-1", "gateway", "silo-2"], "router", "x", s_cluster).ShouldBe(1);
        SiloChoice.Choose(["silo-1", "silo-2"], "router", "x", s_cluster).ShouldBe(0);
        SiloChoice.Choose(["gateway"], "prefill", "x/prefill-0", s_cluster).ShouldBe(0);
        SiloChoice.Choose([], "prefill", "x/prefill-0", s_cluster).ShouldBe(-1);
    }

    private static int Choose(string[] silos, InstanceSpec instance) =>
        SiloChoice.Choose(silos, instance.Role == InstanceRole.Prefill ? "prefill" : "decode", $"x/{instance.Name}", s_cluster);
}
