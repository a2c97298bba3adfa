using Cluster.Engine.Topology;
using Cluster.Engine.Units;

namespace Cluster.Engine.Tests.Topology;

public sealed class GpuUseTests
{
    [Fact]
    public void Time_is_paid_for_by_the_GPUs_of_each_stretch()
    {
        var use = new GpuUse(1, 2 * Time.Second, 0).On(4, 5 * Time.Second).On(0, 6 * Time.Second).On(2, 10 * Time.Second);
        use.UntilNs(11 * Time.Second).ShouldBe((3 * 1 + 1 * 4 + 4 * 0 + 1 * 2) * (double)Time.Second);
    }

    [Fact]
    public void What_changes_nothing_counts_nothing_twice()
    {
        var use = new GpuUse(3, 0, 0);
        use.On(3, Time.Second).On(3, 2 * Time.Second).UntilNs(4 * Time.Second).ShouldBe(use.UntilNs(4 * Time.Second));
    }

    [Theory]
    [InlineData(MemberState.Drained, true, 0)]
    [InlineData(MemberState.Drained, false, 8)]
    [InlineData(MemberState.Draining, true, 8)]
    [InlineData(MemberState.Failed, true, 8)]
    [InlineData(MemberState.Ready, true, 8)]
    public void Only_what_a_planner_has_turned_off_costs_nothing(MemberState state, bool poolsScale, int paid) =>
        GpuUse.Paid(state, 8, poolsScale).ShouldBe(paid);
}
