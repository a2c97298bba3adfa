using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Reflection;

namespace Cluster.ServiceDefaults.Catalogue;

/// <summary>Every metric of the product. Instruments, exposition, <c>docs/metrics.md</c> and dashboards read this.</summary>
public static class MetricCatalogue
{
    /// <summary>The engines' own metrics, in the order of declaration.</summary>
    public static ImmutableArray<MetricDefinition> Vllm { get; } = Declared(typeof(VllmMetrics));

    /// <summary>The product's own metrics, in the order of declaration.</summary>
    public static ImmutableArray<MetricDefinition> Xpyd { get; } =
        [.. Declared(typeof(XpydRequestMetrics)), .. Declared(typeof(XpydInstanceMetrics)), .. Declared(typeof(XpydFabricMetrics))];

    public static ImmutableArray<MetricDefinition> All { get; } = [.. Vllm, .. Xpyd];

    /// <summary>By the name of the OpenTelemetry instrument.</summary>
    public static FrozenDictionary<string, MetricDefinition> ByInstrumentName { get; } = All.ToFrozenDictionary(m => m.InstrumentName, StringComparer.Ordinal);

    private static ImmutableArray<MetricDefinition> Declared(Type holder) =>
        [.. holder.GetFields(BindingFlags.Public | BindingFlags.Static)
            .Where(f => f.FieldType == typeof(MetricDefinition))
            .Select(f => (MetricDefinition)f.GetValue(null)!)];
}
