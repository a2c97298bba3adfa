using System.Collections.Immutable;
using System.Globalization;
using System.Text;

namespace Cluster.ServiceDefaults.Catalogue;

/// <summary>Writes <c>docs/metrics.md</c> from the catalogue.</summary>
public static class MetricMarkdown
{
    public static string Write()
    {
        var page = new StringBuilder();
        page.Append("""
            # Metrics

            <!-- Generated from the metric catalogue (src/Cluster.ServiceDefaults/Catalogue). Change it there;
                 `XPYD_UPDATE=1 dotnet test tests/Cluster.ServiceDefaults.Tests` writes this page anew. -->

            Served at `/metrics` of every process, as OpenMetrics or text by the Accept header; pushed by OTLP as well when
            `OTEL_EXPORTER_OTLP_ENDPOINT` is set (there a colon in a name is a point). All times are emulated seconds unless
            a row says wall time. A counter's samples end in `_total`; a histogram's in `_bucket`, `_sum` and `_count`.


            """);
        page.Append(CultureInfo.InvariantCulture, $"""
            Series are bounded: {MetricLabels.MaxInstances:N0} instances, {MetricLabels.MaxLinks:N0} links and {MetricLabels.MaxClusters} clusters per process. Each instance has its own
            distributions up to {Recording.ClusterMetrics.MaxInstancesWithOwnHistograms} instances; in a larger process `engine` is the instance's pool there, so that a scrape stays
            small. Gauges and counters are per instance always. The series of an instance or link that was removed disappear.


            """);
        Family(page, "The engines' own", "Names, labels and buckets are vLLM's, so that dashboards, autoscalers and gateways made for it work unchanged. `engine` is the instance's name, where vLLM has an index.", MetricCatalogue.Vllm);
        Family(page, "What none of them shows", "Seen from outside the engines: by clients, on links, in the router, and how well the emulator itself does.", MetricCatalogue.Xpyd);
        Labels(page);
        BucketTable(page);
        return page.ToString();
    }

    private static void Family(StringBuilder page, string title, string text, ImmutableArray<MetricDefinition> metrics)
    {
        page.Append(CultureInfo.InvariantCulture, $"## {title}\n\n{text}\n\n| metric | type | unit | labels | meaning |\n|---|---|---|---|---|\n");
        foreach (var metric in metrics)
        {
            var labels = string.Join(", ", metric.Labels.Select(l => $"`{l.Name}`"));
            page.Append(CultureInfo.InvariantCulture, $"| `{metric.SampleName}` | {metric.Kind.ToString().ToLowerInvariant()} | {Unit(metric.Unit)} | {labels} | {metric.Meaning} |\n");
        }

        page.Append('\n');
    }

    private static void Labels(StringBuilder page)
    {
        page.Append("## Labels\n\n| label | tells apart | values |\n|---|---|---|\n");
        var labels = MetricCatalogue.All.SelectMany(m => m.Labels).DistinctBy(l => (l.Name, l.Meaning)).OrderBy(l => l.Name, StringComparer.Ordinal);
        foreach (var label in labels)
            page.Append(CultureInfo.InvariantCulture, $"| `{label.Name}` | {label.Meaning} | {string.Join(", ", label.Values.Select(v => $"`{v}`"))} |\n");
        page.Append('\n');
    }

    private static void BucketTable(StringBuilder page)
    {
        page.Append("## Buckets\n\n| upper bounds | metrics |\n|---|---|\n");
        foreach (var group in MetricCatalogue.All.Where(m => m.Kind == MetricKind.Histogram).GroupBy(m => string.Join(" ", m.Buckets.Select(b => b.ToString(CultureInfo.InvariantCulture)))))
            page.Append(CultureInfo.InvariantCulture, $"| {group.Key} | {string.Join(", ", group.Select(m => $"`{m.Name}`"))} |\n");
    }

    private static string Unit(string ucum) => ucum switch
    {
        "s" => "seconds",
        "By" => "bytes",
        "By/s" => "bytes/s",
        "J" => "joules",
        "1" => "ratio",
        _ => "",
    };
}
