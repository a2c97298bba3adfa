using System.Text.RegularExpressions;
using Cluster.ServiceDefaults.Catalogue;

namespace Cluster.ServiceDefaults.Tests;

public sealed partial class CatalogueTests
{
    [Fact]
    public void Names_are_unique_and_legal_for_Prometheus_and_OpenTelemetry()
    {
        MetricCatalogue.All.Select(m => m.SampleName).ShouldBeUnique();
        foreach (var metric in MetricCatalogue.All)
        {
            PrometheusName().IsMatch(metric.Name).ShouldBeTrue(metric.Name);
            OpenTelemetryName().IsMatch(metric.InstrumentName).ShouldBeTrue(metric.InstrumentName);
            metric.Labels.Select(l => l.Name).ShouldBeUnique(metric.Name);
            metric.Meaning.ShouldEndWith(".", customMessage: metric.Name);
        }
    }

    [Fact]
    public void Only_histograms_have_buckets_and_theirs_ascend()
    {
        foreach (var metric in MetricCatalogue.All)
        {
            metric.Buckets.IsEmpty.ShouldBe(metric.Kind != MetricKind.Histogram, metric.Name);
            metric.Buckets.AsEnumerable().ShouldBe(metric.Buckets.Distinct().Order(), metric.Name);
        }
    }

    [Fact]
    public void A_name_ends_in_its_unit()
    {
        foreach (var metric in MetricCatalogue.Xpyd)
        {
            if (metric.Unit == "s") metric.Name.ShouldEndWith("_seconds", customMessage: metric.Name);
            if (metric.Unit == "1") metric.Name.ShouldEndWith("_ratio", customMessage: metric.Name);
            if (metric.Unit == "By") metric.Name.ShouldEndWith("_bytes", customMessage: metric.Name);
        }
    }

    [Fact]
    public void Every_per_engine_metric_has_room_for_the_stated_number_of_instances()
    {
        foreach (var metric in MetricCatalogue.All.Where(m => m.Labels.Contains(MetricLabels.Engine)))
            metric.MaxLabelSets.ShouldBeGreaterThanOrEqualTo(MetricLabels.MaxInstances, metric.Name);
    }

    [Fact]
    public void The_metrics_page_is_current() =>
        GeneratedFile.ShouldBeCurrent("docs/metrics.md", MetricMarkdown.Write());

    [GeneratedRegex("^[a-zA-Z_:][a-zA-Z0-9_:]*$")]
    private static partial Regex PrometheusName();

    [GeneratedRegex("^[A-Za-z][A-Za-z0-9_./-]{0,254}$")]
    private static partial Regex OpenTelemetryName();
}
