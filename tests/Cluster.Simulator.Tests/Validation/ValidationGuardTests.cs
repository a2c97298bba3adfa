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
        var data = Path.Combine(Data(root), "serving");
        Assert.SkipUnless(Directory.Exists(data), $"The measured points are not in {data}; they do not travel with the repository.");
        var baseline = Path.Combine(root, "docs", "validation-baseline.json");
        Assert.SkipUnless(File.Exists(baseline), "No baseline yet: `xpyd validate POINTS.csv --docs docs` writes it.");
        var points = Directory.EnumerateFiles(data, "*.csv").Order(StringComparer.Ordinal).SelectMany(MeasuredPoint.Read).ToList();
        var now = ValidationDocument.Baseline(ValidationReport.Run([.. ValidationDocument.GuardSample(points, p => p)], Catalog.Load(Path.Combine(root, "catalog")), cancellation: TestContext.Current.CancellationToken));
        var then = ValidationBaseline.Read(baseline);
        now.Covered.ShouldBeGreaterThanOrEqualTo(then.Covered);
        now.AggregatedTpot.ShouldBeLessThanOrEqualTo(then.AggregatedTpot + Slack);
        now.AggregatedTtft.ShouldBeLessThanOrEqualTo(then.AggregatedTtft + Slack);
        now.DisaggregatedTpot.ShouldBeLessThanOrEqualTo(then.DisaggregatedTpot + Slack);
        now.DisaggregatedTtft.ShouldBeLessThanOrEqualTo(then.DisaggregatedTtft + Slack);
    }

    [Fact]
    public void No_curve_of_the_catalog_and_no_row_of_Splitwise_gets_worse()
    {
        var root = Root();
        var data = Data(root);
        Assert.SkipUnless(Directory.Exists(Path.Combine(data, "kernels")), $"The measured tables are not in {data}; they do not travel with the repository.");
        var then = ValidationBaseline.Read(Path.Combine(root, "docs", "validation-baseline.json"));
        var now = then.WithTables(Catalog.Load(Path.Combine(root, "catalog")), data);
        now.Splitwise.ShouldNotBeNull().ShouldBeLessThanOrEqualTo(then.Splitwise.ShouldNotBeNull() + Slack);
        now.Kernels.Keys.ShouldBe(then.Kernels.Keys);
        now.Kernels.Where(k => !(k.Value <= then.Kernels[k.Key] + Slack)).ShouldBeEmpty();
    }

    [Fact]
    public void Fitting_Splitwise_s_profile_anew_leaves_the_committed_figures_as_they_are()
    {
        var root = Root();
        var file = Path.Combine(Data(root), "splitwise", "perf_model.csv");
        Assert.SkipUnless(File.Exists(file), $"{file} is not there; it does not travel with the repository.");
        var catalog = Catalog.Load(Path.Combine(root, "catalog"));
        var fit = SplitwiseTable.Fit(catalog, "splitwise-2023", SplitwiseTable.Read(file));
        foreach (var figure in HostFigure.Splitwise) figure.Get(fit.Profile).ShouldBe(figure.Get(catalog.Engines["splitwise-2023"]), figure.Name);
    }

    /// <summary>What is fitted is written rounded: a figure with more digits was not written by a fit, and the next would move it.</summary>
    [Fact]
    public void Every_host_figure_of_the_catalog_is_one_that_a_fit_could_have_written()
    {
        foreach (var engine in Catalog.Load(Path.Combine(Root(), "catalog")).Engines.Values.Where(e => !e.FittedVersions.IsEmpty))
            foreach (var figure in HostFit.FiguresOf(engine.Name)) figure.Rounded(figure.Get(engine), fine: true).ShouldBe(figure.Get(engine), $"{engine.Name} {figure.Name}");
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
        report.ToJson([]).ShouldContain("\"covered\": 0");
    }

    private static string Data(string root) =>
        Environment.GetEnvironmentVariable("XPYD_DATA") is { Length: > 0 } named ? named : Path.Combine(root, "..", "shared", "data");

    private static string Root()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Cluster.sln"))) folder = folder.Parent;
        return folder?.FullName ?? throw new InvalidOperationException("The tests run outside the repository.");
    }
}
