using Cluster.Engine.Requests;
using Cluster.Engine.Routing;
using Cluster.Engine.Topology;
using Cluster.Engine.Units;
using Cluster.Testing;

namespace Cluster.Engine.Tests.Routing;

/// <summary>The oracle asked where the instances are, and its answers weighed together.</summary>
public sealed class InstanceOracleTests
{
    private static readonly ClusterSpec s_split = Clusters.Disaggregated(2, 2);

    [Fact]
    public void A_placement_is_held_against_the_best_pair_of_prefill_and_decode()
    {
        OracleEstimate?[] said = [new(50, 0), new(20, 0), new(0, 9), new(0, 4)];
        Weigh(Placed(0, 2), said).ShouldBe(new OracleVerdict(35, 1, 3));
        Weigh(Placed(1, 3), said).ShouldBe(new OracleVerdict(0, 1, 3));
        Weigh(Placed(1, 2), said).ShouldBe(new OracleVerdict(5, 1, 3));
    }

    [Fact]
    public void Who_cannot_take_the_request_is_no_better_placement_and_a_placement_that_nobody_priced_is_not_judged()
    {
        OracleEstimate?[] said = [new(50, 0), null, new(0, 9), new(0, 4)];
        Weigh(Placed(0, 3), said).ShouldBe(new OracleVerdict(0, 0, 3));
        Weigh(Placed(1, 3), said).ShouldBeNull();
    }

    [Fact]
    public void A_decode_instance_computes_prompts_only_where_disaggregation_is_conditional()
    {
        OracleEstimate?[] said = [new(50, 0), new(50, 0), new(1, 9), new(1, 9)];
        Weigh(Placed(0, 2), said)!.Value.RegretNs.ShouldBe(0);
    }

    [Fact]
    public void An_instance_counts_the_prompts_before_this_one_and_what_they_bring_into_its_cache()
    {
        var cluster = Clusters.Aggregated(1);
        var (oracle, instance) = (new InstanceOracle(cluster), new Instance(cluster.Instances[0]));
        var shared = TokenContent.Unique(7, 900);
        var request = Clusters.Request(9, input: 800, output: 4, content: shared);
        var idle = oracle.Ask(instance, request, 1, 0).PrefillNs;
        oracle.Ask(instance, request, 3, 0).PrefillNs.ShouldBe(3 * idle);

        instance.Enqueue(new Sequence(Clusters.Request(1, input: 800, output: 4), 4), 0);
        // Another's prompt of the same length stands before it: twice the tokens, but one step's fixed time less than two steps.
        var behind = oracle.Ask(instance, request, 1, 0).PrefillNs;
        (behind - idle).ShouldBe(800 * 50 * Time.Microsecond);

        var twin = new Instance(cluster.Instances[0]);
        twin.Enqueue(new Sequence(Clusters.Request(2, input: 800, output: 4, content: shared), 4), 0);
        oracle.Ask(twin, request, 1, 0).PrefillNs.ShouldBeLessThan(behind);
    }

    [Fact]
    public void The_step_in_progress_ends_when_it_ends_however_slow_the_next_ones_are()
    {
        var cluster = Clusters.Aggregated(1);
        var (oracle, instance) = (new InstanceOracle(cluster), new Instance(cluster.Instances[0]));
        var request = Clusters.Request(9, input: 800, output: 4);
        var own = oracle.Ask(instance, request, 1, 0).PrefillNs;
        instance.Enqueue(new Sequence(Clusters.Request(1, input: 800, output: 1), 1), 0);
        instance.TryBeginStep(0, out var step).ShouldBeTrue();
        oracle.Ask(instance, request, 1, 0).PrefillNs.ShouldBe(step.DueNs + own);
        oracle.Ask(instance, request, 3, 0).PrefillNs.ShouldBe(step.DueNs + (3 * own));
    }

    private static OracleVerdict? Weigh(RoutingDecision decision, OracleEstimate?[] said) => OracleVerdict.Of(decision, s_split.Instances, said, s_split.Transfer);

    private static RoutingDecision Placed(int prefill, int decode) => new(1, 0, prefill, decode, 0);
}
