using Cluster.Engine.Diagnosis;
using Cluster.Engine.Topology;
using Cluster.ServiceDefaults.Catalogue;

namespace Cluster.ServiceDefaults.Recording;

/// <summary>Label arrays built once per instance, link or cluster, so that recording allocates nothing.</summary>
internal static class LabelSet
{
    public static Labels With(this Labels labels, MetricLabel label, string value) =>
        [.. labels, new(label.Name, value)];

    /// <summary>One array per known value of <paramref name="label"/>, in its order.</summary>
    public static Labels[] ForEach(this Labels labels, MetricLabel label) =>
        [.. label.Values.Select(value => labels.With(label, value))];

    public static Labels Of(MetricLabel label, string value) => [new(label.Name, value)];

    public static string Name(this InstanceRole role) => role switch
    {
        InstanceRole.Prefill => "prefill",
        InstanceRole.Decode => "decode",
        InstanceRole.Aggregated => "aggregated",
        _ => throw new ArgumentOutOfRangeException(nameof(role), role, "Unknown role."),
    };

    /// <summary>Index into <c>MetricLabels.Wall.Values</c>, which follows the enum.</summary>
    public static int Index(this Wall wall) => (int)wall;
}
