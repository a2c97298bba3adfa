using Cluster.Scenarios.Catalogs;
using Cluster.Simulator.Validation;

namespace Cluster.Simulator.Tests.Validation;

public sealed class ValidationGuardTests
{
    /// <summary>Part of a percent may move when schedulers are refined; more is a change for the worse.</summary>
    private const double Slack = 0.005;

    [Fact]
    public void No_published_error_figure_gets_worse()
    {
        var root = Root();
        var data = Path.Combine(root, "..", "shared", "data", "serving");
        Assert.SkipUnless(Directory.Exists(data), $"The measured points are not in {data}; they do not travel with the repository.");
        var baseline = Path.Combine(root, "docs", "validation-baseline.json");
        Assert.SkipUnless(File.Exists(baseline), "No baseline yet: `xpyd validate POINTS.csv --docs docs` writes it.");
        var points = Directory.EnumerateFiles(data, "*.csv").Order(StringComparer.Ordinal).SelectMany(MeasuredPoint.Read).ToList();
        var now = ValidationDocument.Baseline(ValidationReport.Run([.. ValidationDocument.GuardSample(points)], Catalog.Load(Path.Combine(root, "catalog")), cancellation: TestContext.Current.CancellationToken));
        var then = ValidationBaseline.Read(baseline);
        now.Covered.ShouldBeGreaterThanOrEqualTo(then.Covered);
        now.AggregatedTpot.ShouldBeLessThanOrEqualTo(then.AggregatedTpot + Slack);
        now.AggregatedTtft.ShouldBeLessThanOrEqualTo(then.AggregatedTtft + Slack);
        now.DisaggregatedTpot.ShouldBeLessThanOrEqualTo(then.DisaggregatedTpot + Slack);
        now.DisaggregatedTtft.ShouldBeLessThanOrEqualTo(then.DisaggregatedTtft + Slack);
    }

    [Fact]
    public void Points_of_one_mode_alone_make_a_baseline_too()
    {
        var text = new ValidationBaseline(3, double.NaN, double.NaN, 0.1, 0.2).ToJson();
        text.ShouldContain("\"aggregated_ttft\": \"NaN\"");
        text.ShouldContain("0.2");
    }

    [Fact]
    public void A_point_of_an_unknown_model_is_reported_and_not_guessed()
    {
        var shape = new WorkerShape(1, 1, 1, 1, 1, 1);
        var point = new MeasuredPoint("x", "vllm", "", "nobody/Unknown-1B", "h100_sxm", "fp8", "fp8", 100, 10, 1, null, shape, 1, 1);
        var report = ValidationReport.Run([point], Catalog.Load(Path.Combine(Root(), "catalog")), cancellation: TestContext.Current.CancellationToken);
        report.Covered.ShouldBeEmpty();
        report.Rows[0].NotCovered.ShouldNotBeNull().ShouldContain("nobody/Unknown-1B");
        report.ToJson().ShouldContain("\"covered\": 0");
    }

    private static string Root()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Cluster.sln"))) folder = folder.Parent;
        return folder?.FullName ?? throw new InvalidOperationException("The tests run outside the repository.");
    }
}
