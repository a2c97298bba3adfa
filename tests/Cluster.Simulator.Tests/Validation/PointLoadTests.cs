using Cluster.Scenarios.Catalogs;
using Cluster.Simulator.Validation;

namespace Cluster.Simulator.Tests.Validation;

/// <summary>A measured loop that the kernels could not have carried is named.</summary>
public sealed class PointLoadTests
{
    [Theory]
    [InlineData(9.7, true)]
    [InlineData(40, false)]
    public void A_loop_that_needs_more_kernel_time_than_its_own_figures_leave_is_beyond_the_kernels(double tpotMs, bool beyond)
    {
        // 64 clients, 2,000 tokens in and 100 out: at 9.7 ms that is 59 prompts a second on one GPU.
        var catalog = Catalog.Load(Path.Combine(SmallScenario.RepositoryRoot, "catalog"));
        var point = new MeasuredPoint("x", "vllm", "", "meta-llama/Llama-3.1-8B", "h200_sxm", "fp8", "fp8", 2000, 100, 64, null, new WorkerShape(1, 1, 1, 1, 1, 1), 120, tpotMs);
        var cluster = PointMapping.Map(point, catalog).Cluster.ShouldNotBeNull();
        PointLoad.IsBeyondKernels(point, cluster).ShouldBe(beyond);
    }

    [Fact]
    public void A_group_most_of_whose_rows_cannot_have_run_says_nothing_to_a_fit()
    {
        var catalog = Catalog.Load(Path.Combine(SmallScenario.RepositoryRoot, "catalog"));
        MeasuredPoint Point(double tpotMs) => new("x", "vllm", "", "meta-llama/Llama-3.1-8B", "h200_sxm", "fp8", "fp8", 2000, 100, 64, null, new WorkerShape(1, 1, 1, 1, 1, 1), 120, tpotMs);
        new HostFit(catalog, [Point(9.7), Point(40)]).Sample.Count.ShouldBe(1, "half of the group could have run");
        new HostFit(catalog, [Point(9.7), Point(9.8), Point(40)]).Sample.ShouldBeEmpty();
    }
}
