using System.Collections.Immutable;

namespace Cluster.ServiceDefaults.Catalogue;

/// <summary>A label: its name, what it tells apart, and how many values it may take in one process.</summary>
/// <param name="Bound">Most distinct values in one process; the product over a metric's labels bounds its series.</param>
public sealed record MetricLabel(string Name, string Meaning, int Bound)
{
    /// <summary>All values, where they are known beforehand; empty otherwise.</summary>
    public ImmutableArray<string> Values { get; init; } = [];

    /// <summary>True when the value of <c>engine</c> or <c>link</c> decides this one, so that it adds no series beside it.</summary>
    public bool FollowsOwner { get; init; }

    /// <summary>A label whose values are known beforehand.</summary>
    public static MetricLabel Of(string name, string meaning, params ReadOnlySpan<string> values) =>
        new(name, meaning, values.Length) { Values = [.. values] };
}
