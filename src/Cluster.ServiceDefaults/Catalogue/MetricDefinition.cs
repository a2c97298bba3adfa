using System.Collections.Immutable;

namespace Cluster.ServiceDefaults.Catalogue;

/// <summary>One metric as everything else sees it: instruments, exposition, documents, dashboards and their tests.</summary>
/// <param name="Name">Name of the family in Prometheus exposition; a counter's samples add <c>_total</c>.</param>
/// <param name="Unit">UCUM unit, as OpenTelemetry wants it; empty for pure numbers.</param>
/// <param name="Meaning">One sentence; the HELP line and the document.</param>
public sealed record MetricDefinition(string Name, MetricKind Kind, string Unit, string Meaning, ImmutableArray<MetricLabel> Labels)
{
    /// <summary>Upper bounds, ascending, without +Inf; empty unless a histogram.</summary>
    public ImmutableArray<double> Buckets { get; init; } = [];

    /// <summary>Name of the OpenTelemetry instrument: colons are not allowed there.</summary>
    public string InstrumentName { get; } = Name.Replace(':', '.');

    /// <summary>Name of the family's samples; a histogram's add <c>_bucket</c>, <c>_sum</c>, <c>_count</c>.</summary>
    public string SampleName => Kind == MetricKind.Counter ? Name + "_total" : Name;

    /// <summary>Most label sets in one process; further ones would be folded into one marked <c>otel_metric_overflow</c>.</summary>
    public int MaxLabelSets
    {
        get
        {
            var owned = Labels.Contains(MetricLabels.Engine) || Labels.Contains(MetricLabels.Link);
            return Labels.Where(l => !(owned && l.FollowsOwner)).Aggregate(1, (product, label) => product * label.Bound);
        }
    }
}
