using Cluster.Engine.Autoscaling;
using Cluster.Engine.Hardware;
using Cluster.Engine.Topology;
using Cluster.Testing;

namespace Cluster.Engine.Tests.Topology;

public sealed class RosterTests
{
    [Fact]
    public void An_instance_is_resized_when_it_is_empty_and_opens_again()
    {
        var draining = s_roster.Resize("decode-1", new Parallelism(4), new Parallelism()).Roster;
        draining.Find("decode-1")!.ShouldBe(new RosterMember("decode-1", "decode", InstanceRole.Decode, MemberState.Draining) { Becomes = new Parallelism(4) });
        draining.Emptied("decode-1").Find("decode-1").ShouldBe(new RosterMember("decode-1", "decode", InstanceRole.Decode, MemberState.Ready) { Parallelism = new Parallelism(4) });
    }

    [Fact]
    public void An_instance_built_anew_takes_requests_when_its_model_is_loaded()
    {
        var starting = s_roster.Resize("decode-1", new Parallelism(4), new Parallelism()).Roster.Emptied("decode-1", readyNs: 500);
        (starting.Find("decode-1")!.State, starting.Find("decode-1")!.Parallelism).ShouldBe((MemberState.Starting, new Parallelism(4)));
        starting.Started(499).Members.ShouldBe(starting.Members);
        starting.Started(500).Find("decode-1").ShouldBe(new RosterMember("decode-1", "decode", InstanceRole.Decode, MemberState.Ready) { Parallelism = new Parallelism(4) });
        starting.Open("decode-1").Refusal.ShouldNotBeNull().ShouldContain("loads its model");
        starting.Drain("decode-0").Refusal.ShouldNotBeNull().ShouldContain("last open decode");
        starting.Fail("decode-1").Roster.Started(500).Find("decode-1")!.State.ShouldBe(MemberState.Failed);
        starting.Scale("decode", 1, limit: 100).Roster.Members.Where(m => m.Pool == "decode").Select(m => m.Name).ShouldBe(["decode-0"]);
    }

    [Fact]
    public void A_drained_instance_is_resized_where_it_stands()
    {
        var drained = s_roster.Drain("decode-1").Roster.Emptied("decode-1");
        var resized = drained.Resize("decode-1", new Parallelism(2), new Parallelism()).Roster.Find("decode-1")!;
        (resized.State, resized.Parallelism, resized.Becomes).ShouldBe((MemberState.Drained, new Parallelism(2), null));
    }

    [Fact]
    public void Opening_crashing_and_leaving_call_a_resize_off()
    {
        var draining = s_roster.Resize("decode-1", new Parallelism(4), new Parallelism()).Roster;
        draining.Open("decode-1").Roster.Members.ShouldBe(s_roster.Members);
        draining.Fail("decode-1").Roster.Find("decode-1")!.Becomes.ShouldBeNull();
        draining.Scale("decode", 1, limit: 100).Roster.Find("decode-1").ShouldBe(new RosterMember("decode-1", "decode", InstanceRole.Decode, MemberState.Draining, Leaves: true));
    }

    [Fact]
    public void A_resize_that_makes_no_sense_says_why()
    {
        var (one, four) = (new Parallelism(), new Parallelism(4));
        s_roster.Resize("decode-9", four, one).Refusal.ShouldNotBeNull().ShouldContain("decode-0");
        s_roster.Resize("decod-1", four, one).Refusal.ShouldNotBeNull().ShouldEndWith("Did you mean 'decode-1'?");
        s_roster.Resize("decode-1", one, one).Refusal.ShouldNotBeNull().ShouldContain("runs on tp 1 already");
        Roster.Of(Clusters.Disaggregated(1, 1)).Resize("decode-0", four, one).Refusal.ShouldNotBeNull().ShouldContain("last open decode");
        s_roster.Drain("decode-1").Roster.Resize("decode-1", four, one).Refusal.ShouldNotBeNull().ShouldContain("draining");
        s_roster.Fail("decode-1").Roster.Resize("decode-1", four, one).Refusal.ShouldNotBeNull().ShouldContain("open it first");
        s_roster.Scale("decode", 1, limit: 100).Roster.Resize("decode-1", four, one).Refusal.ShouldNotBeNull().ShouldContain("about to leave");
        s_roster.Resize("decode-1", four, one).Roster.Resize("decode-1", four, one).Refusal.ShouldNotBeNull().ShouldContain("is being resized to tp 4 already");
    }

    private static readonly Roster s_roster = Roster.Of(Clusters.Disaggregated(2, 2));

    [Fact]
    public void Growing_adds_members_behind_their_pool_and_takes_free_numbers()
    {
        var grown = s_roster.Scale("prefill", 4, limit: 100).Roster;
        Names(grown).ShouldBe(["prefill-0", "prefill-1", "prefill-2", "prefill-3", "decode-0", "decode-1"]);
        Names(new Roster([.. grown.Members.Where(m => m.Name != "prefill-1")]).Scale("prefill", 4, limit: 100).Roster).ShouldContain("prefill-1");
    }

    [Fact]
    public void Shrinking_drains_the_newest_before_it_leaves()
    {
        var shrunk = s_roster.Scale("decode", 1, limit: 100).Roster;
        shrunk.Find("decode-1").ShouldBe(new RosterMember("decode-1", "decode", InstanceRole.Decode, MemberState.Draining, Leaves: true));
        Names(shrunk.Emptied("decode-1")).ShouldBe(["prefill-0", "prefill-1", "decode-0"]);
    }

    [Fact]
    public void A_member_that_was_about_to_leave_stays_when_the_pool_grows_again()
    {
        var back = s_roster.Scale("decode", 1, limit: 100).Roster.Scale("decode", 2, limit: 100).Roster;
        back.Members.ShouldBe(s_roster.Members);
    }

    [Fact]
    public void A_failed_member_leaves_before_a_healthy_one_and_at_once()
    {
        var broken = s_roster.Fail("decode-0").Roster;
        Names(broken.Scale("decode", 1, limit: 100).Roster).ShouldBe(["prefill-0", "prefill-1", "decode-1"]);
    }

    [Theory]
    [InlineData("decode", 0, "at least 1")]
    [InlineData("decode", -3, "at least 1")]
    [InlineData("decoder", 2, "prefill, decode")]
    [InlineData("decode", 9, "The nearest is 6")]
    public void What_makes_no_sense_is_refused_in_words_and_changes_nothing(string pool, int instances, string said)
    {
        var step = s_roster.Scale(pool, instances, limit: 8);
        step.Refusal.ShouldNotBeNull().ShouldContain(said);
        step.Roster.ShouldBeSameAs(s_roster);
    }

    [Fact]
    public void The_last_open_instance_of_a_role_cannot_be_drained()
    {
        var one = s_roster.Drain("decode-1").Roster;
        one.Drain("decode-0").Refusal.ShouldNotBeNull().ShouldContain("last open decode instance");
        one.Drain("decode-1").Refusal.ShouldNotBeNull().ShouldContain("draining already");
        one.Drain("decode-7").Refusal.ShouldNotBeNull().ShouldContain("prefill-0, prefill-1, decode-0, decode-1");
    }

    [Fact]
    public void Drained_and_failed_members_can_be_opened_again()
    {
        s_roster.Drain("decode-1").Roster.Emptied("decode-1").Open("decode-1").Roster.Members.ShouldBe(s_roster.Members);
        s_roster.Fail("decode-1").Roster.Open("decode-1").Roster.Members.ShouldBe(s_roster.Members);
        s_roster.Open("decode-1").Refusal.ShouldNotBeNull();
    }

    [Fact]
    public void Where_pools_scale_by_themselves_only_the_first_instances_are_on()
    {
        var cluster = Clusters.Disaggregated(1, 3) with { Autoscale = new AutoscaleSpec { Pools = [new PoolScale("decode", 1, 3, Initial: 2)] } };
        Roster.Of(cluster).Members.Where(m => m.State == MemberState.Drained).Select(m => m.Name).ShouldBe(["decode-2"]);
    }

    private static IEnumerable<string> Names(Roster roster) => roster.Members.Select(m => m.Name);
}
