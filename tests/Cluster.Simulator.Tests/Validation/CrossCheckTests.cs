using Cluster.Scenarios.Catalogs;
using Cluster.Simulator.Validation;

namespace Cluster.Simulator.Tests.Validation;

public sealed class CrossCheckTests
{
    [Fact]
    public void Published_figures_of_whole_systems_stand()
    {
        var checks = CrossChecks.Run(Catalog.Default);
        checks.Count.ShouldBe(8);
        checks.ShouldAllBe(c => c.Source.Length > 20);
        checks.Where(c => !c.Holds).Select(c => $"{c.Name}: {c.Predicted}, {c.Verdict}").ShouldBeEmpty();
    }

    [Fact]
    public void A_figure_out_of_its_range_fails_and_says_by_how_much()
    {
        var check = new CrossCheck("x", "1", "2", 2, 0.8, 1.2, "a test's");
        check.Holds.ShouldBeFalse();
        check.Verdict.ShouldBe("fails: 2.00 is not in 0.80…1.20");
    }
}
