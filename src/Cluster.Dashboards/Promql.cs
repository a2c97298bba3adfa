using System.Globalization;
using Cluster.ServiceDefaults.Catalogue;

namespace Cluster.Dashboards;

/// <summary>Builds PromQL from catalogue entries, so that a query can only name a metric that exists.</summary>
public static class Promql
{
    /// <summary>Selects by the dashboard's variables, as far as the metric has their labels.</summary>
    public static string Select(MetricDefinition metric, string suffix = "", string more = "")
    {
        ArgumentNullException.ThrowIfNull(metric);
        var labels = metric.Labels.Select(l => l.Name).Intersect(["cluster", "role", "engine", "model_name"]).Select(l => $"{l}=~\"${Variable(l)}\"");
        return $"{metric.SampleName}{suffix}{{{string.Join(",", more.Length > 0 ? labels.Append(more) : labels)}}}";
    }

    public static string Rate(MetricDefinition metric, string suffix = "", string more = "") => $"rate({Select(metric, suffix, more)}[$__rate_interval])";

    public static string Sum(string by, string expression) => by.Length == 0 ? $"sum({expression})" : $"sum by ({by}) ({expression})";

    public static string Max(string by, string expression) => by.Length == 0 ? $"max({expression})" : $"max by ({by}) ({expression})";

    /// <summary>A quantile of a histogram, by labels; absent, not NaN, while nothing is observed.</summary>
    public static string Quantile(double q, MetricDefinition metric, string by) =>
        $"(histogram_quantile({q.ToString(CultureInfo.InvariantCulture)}, {Sum(by.Length == 0 ? "le" : by + ", le", OfCluster(metric, Rate(metric, "_bucket"), by))}) >= 0)";

    /// <summary>The mean of a histogram, by labels.</summary>
    public static string Mean(MetricDefinition metric, string by) =>
        Ratio(Sum(by, OfCluster(metric, Rate(metric, "_sum"), by)), Sum(by, OfCluster(metric, Rate(metric, "_count"), by)));

    /// <summary>A ratio; absent where it would be 0 ÷ 0.</summary>
    public static string Ratio(string part, string whole) => $"({part} / {whole} >= 0)";

    /// <summary>Gives a vllm series the cluster and role of its instance, and filters by them.</summary>
    public static string WithRole(string expression) =>
        $"{expression} * on (instance, engine) group_left (cluster, role) {s_info}";

    /// <summary>The same for histograms, whose <c>engine</c> is the pool where there are many instances in a process.</summary>
    private static string OfCluster(MetricDefinition metric, string expression, string by) => metric.Labels.Any(l => l.Name == "cluster") || !by.Contains("cluster", StringComparison.Ordinal)
        ? expression
        : $"{expression} * on (instance, engine) group_left (cluster, role) ({s_info} or {s_pools})";

    private static readonly string s_info = Select(XpydInstanceMetrics.InstanceInfo);

    private static readonly string s_pools = $"label_replace(max by (instance, cluster, role, pool) ({s_info}), \"engine\", \"$1\", \"pool\", \"(.+)\")";

    private static string Variable(string label) => label switch { "model_name" => "model", "engine" => "engine", _ => label };
}
