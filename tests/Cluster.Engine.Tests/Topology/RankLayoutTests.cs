using Cluster.Engine.Hardware;
using Cluster.Engine.Topology;
using Cluster.Testing;

namespace Cluster.Engine.Tests.Topology;

public sealed class RankLayoutTests
{
    /// <summary>The test GPU has 8 to a scale-up domain.</summary>
    [Theory]
    [InlineData(1, 1, 1, 1, 1, 1)]
    [InlineData(8, 1, 1, 1, 8, 8)]
    [InlineData(4, 2, 1, 2, 4, 8)]
    [InlineData(16, 1, 1, 2, 8, 16)]
    [InlineData(8, 2, 2, 4, 8, 32)]
    public void A_group_is_a_stage_or_what_of_it_shares_a_scale_up_domain(int tp, int pp, int dp, int groups, int ranksPerGroup, int ranks)
    {
        var layout = Of(tp, pp, dp);
        layout.ShouldBe(new RankLayout(groups, ranksPerGroup, ranks));
        Enumerable.Range(0, ranks).Select(layout.GroupOf).ShouldBe(Enumerable.Range(0, ranks).Select(rank => rank / ranksPerGroup));
        Should.Throw<ArgumentOutOfRangeException>(() => layout.GroupOf(ranks));
    }

    private static RankLayout Of(int tp, int pp, int dp)
    {
        var instance = Clusters.Instance();
        return RankLayout.Of(instance with { Deployment = instance.Deployment with { Parallelism = new Parallelism(tp, pp, dp) } });
    }
}
