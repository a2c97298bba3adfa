using Cluster.Scenarios.Catalogs;
using Cluster.Simulator.Validation;

namespace Cluster.Simulator.Tests.Validation;

public sealed class HostFiguresTests
{
    private static readonly Catalog Shipped = Catalog.Load(Path.Combine(SmallScenario.RepositoryRoot, "catalog"));

    private static readonly HostFigure[] s_two =
    [
        new("sequence_host_seconds", 1, 0, 10, e => e.SequenceHostSeconds, (e, v) => e with { SequenceHostSeconds = v }),
        new("step_host_seconds", 1, 0, 10, e => e.StepHostSeconds, (e, v) => e with { StepHostSeconds = v }) { IsOfVersion = true },
    ];

    private static readonly HostFigures s_both = new(Shipped, s_two, ["vllm", "vllm-0.11"]);

    [Fact]
    public void Versions_share_what_their_engine_is_built_of_and_have_host_time_to_themselves()
    {
        s_both.All.Select(f => f.Name).ShouldBe(["sequence_host_seconds", "step_host_seconds", "step_host_seconds"]);
        var (now, then) = (s_both.Of("vllm", [2, 3, 4]), s_both.Of("vllm-0.11", [2, 3, 4]));
        (now.Name, now.SequenceHostSeconds, now.StepHostSeconds).ShouldBe(("vllm", 2, 3));
        (then.Name, then.SequenceHostSeconds, then.StepHostSeconds).ShouldBe(("vllm-0.11", 2, 4));
    }

    [Fact]
    public void A_version_without_rows_runs_on_what_another_lends_it()
    {
        var lent = s_both.Lend("vllm-0.11", "vllm", [2, 3, 4]);
        s_both.Of("vllm", lent).StepHostSeconds.ShouldBe(4);
        s_both.Of("vllm-0.11", lent).StepHostSeconds.ShouldBe(4);
    }

    [Fact]
    public void A_fit_writes_two_digits_and_leaves_figures_that_these_are_no_better_than()
    {
        double[] best = [2.345, 4.321];
        double Loss(double[] at) => Math.Abs(at[0] - best[0]) + Math.Abs(at[1] - best[1]);
        HostFigure.Written(s_two, best, [3, 3], v => 1 + Loss(v)).ShouldBe([2.3, 4.3]);
        HostFigure.Written(s_two, best, [2.34, 4.32], v => 1 + Loss(v)).ShouldBe([2.34, 4.32], "nearer than two digits come");
    }

    [Fact]
    public void A_single_profile_has_each_figure_once()
    {
        var alone = new HostFigures(Shipped, s_two, ["sglang"]);
        alone.All.ShouldBe(s_two);
        alone.Of("sglang", alone.Committed).ShouldBe(Shipped.Engines["sglang"]);
    }

    /// <summary>One fit writes them into all files of an engine: one that differs was changed by hand.</summary>
    [Fact]
    public void Profiles_of_one_engine_agree_on_every_figure_that_no_version_changes()
    {
        foreach (var earlier in Shipped.Engines.Values.Where(e => e.EarlierVersionOf is not null))
        {
            var now = Shipped.Engines.Values.Single(e => e.Name == earlier.EarlierVersionOf);
            foreach (var figure in HostFit.FiguresOf(now.Name).Where(f => !f.IsOfVersion)) figure.Get(earlier).ShouldBe(figure.Get(now), $"{earlier.Name} {figure.Name}");
        }
    }

    [Theory]
    [InlineData("vllm", "0.11.0", "2026-03-01", "vllm-0.11")]
    [InlineData("vllm", "0.10.2", null, "vllm-0.11")]
    [InlineData("vllm", "0.18.0", "2025-10-29", "vllm")]
    [InlineData("vllm", "", "2025-11-30", "vllm-0.11")]
    [InlineData("vllm", "", "2025-12-01", "vllm")]
    [InlineData("vllm", "", null, "vllm")]
    [InlineData("trtllm", "1.0.0rc3", null, "trtllm-1.0")]
    [InlineData("trtllm", "1.1.0rc2.post2", "2026-01-14", "trtllm")]
    [InlineData("trtllm", "", "2025-10-29", "trtllm")]
    public void A_point_runs_with_the_profile_of_its_version_or_of_its_day(string engine, string version, string? day, string profile)
    {
        var shape = new WorkerShape(1, 1, 1, 1, 1, 1);
        var point = new MeasuredPoint("x", engine, version, "Qwen/Qwen3-8B", "h100_sxm", "fp8", "fp8", 100, 10, 1, null, shape, 1, 1) { Date = day is null ? null : DateOnly.Parse(day, System.Globalization.CultureInfo.InvariantCulture) };
        PointMapping.ProfileOf(point, Shipped).ShouldBe(profile);
    }
}
