using System.Collections.Immutable;
using Cluster.Scenarios;
using Cluster.Scenarios.Catalogs;

namespace Cluster.Simulator.Sweeping;

/// <summary>One run of a sweep: a combination of values and a variant of the scenario under it.</summary>
/// <param name="Values">One per axis, in their order; empty where the axis is of a pool that this variant does not have.</param>
/// <param name="Variant">Which variant of the scenario, by position.</param>
/// <param name="Fingerprint">See <see cref="Sweeping.Fingerprint"/>.</param>
public sealed record SweepPoint(ImmutableArray<string> Values, int Variant, string VariantName, string Fingerprint);

/// <summary>The cross product of a sweep's axes, every combination read and validated before any of them runs.</summary>
public sealed class SweepPlan
{
    private readonly Catalog _catalog;

    private SweepPlan(ScenarioSource source, Catalog catalog, ImmutableArray<SweepAxis> axes, ImmutableArray<SweepPoint> points)
    {
        (Source, _catalog, Axes, Points) = (source, catalog, axes, points);
    }

    public ScenarioSource Source { get; }

    public ImmutableArray<SweepAxis> Axes { get; }

    /// <summary>The last axis varies fastest, then variants inside one combination.</summary>
    public ImmutableArray<SweepPoint> Points { get; }

    /// <exception cref="ArgumentException">No axis, or a path named twice.</exception>
    /// <exception cref="ScenarioException">A combination is no valid scenario; carries each problem once.</exception>
    public static SweepPlan Of(ScenarioSource source, Catalog catalog, IReadOnlyList<SweepAxis> axes)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(axes);
        if (axes.Count == 0)
            throw new ArgumentException("The sweep is empty: name at least one key and its values, e.g. --set workload.rate=2/s,4/s,8/s.");
        if (axes.GroupBy(a => a.Path, StringComparer.Ordinal).FirstOrDefault(g => g.Count() > 1) is { } twice)
            throw new ArgumentException($"--set {twice.Key} is given twice; write all its values in one: {twice.Key}={string.Join(',', twice.SelectMany(a => a.Values))}.");

        var points = ImmutableArray.CreateBuilder<SweepPoint>();
        var errors = new List<ScenarioError>();
        var seen = new HashSet<(int, string)>();
        foreach (var values in Product(axes))
        {
            var result = source.Read(catalog, Overrides(axes, values));
            errors.AddRange(result.Errors);
            if (errors.Count > 0) continue;
            for (var v = 0; v < result.Variants.Count; v++)
            {
                var variant = result.Variants[v].Variant;
                var own = values.Select((value, i) => variant.SettingsOfOthers.Contains(axes[i].Path) ? "" : value).ToImmutableArray();
                // Values that are not for this variant make no new run of it.
                if (seen.Add((v, string.Join('\n', own)))) points.Add(new SweepPoint(own, v, variant.Name, Fingerprint.Of(result.Variants[v])));
            }
        }

        if (errors.Count > 0) throw new ScenarioException([.. errors.DistinctBy(e => (e.Key, e.Message, e.Value))]);
        return new SweepPlan(source, catalog, [.. axes], points.ToImmutable());
    }

    /// <summary>The variant that a point runs, resolved afresh: cost models keep what they have priced, so points share none.</summary>
    public ResolvedVariant Resolve(SweepPoint point)
    {
        ArgumentNullException.ThrowIfNull(point);
        return Source.Read(_catalog, Overrides(Axes, [.. point.Values.Select((value, i) => value.Length > 0 ? value : Axes[i].Values[0])])).OrThrow().Variants[point.Variant];
    }

    private static IReadOnlyList<ScenarioOverride> Overrides(IReadOnlyList<SweepAxis> axes, ImmutableArray<string> values) =>
        [.. axes.Select((axis, i) => new ScenarioOverride(axis.Path, values[i]))];

    private static IEnumerable<ImmutableArray<string>> Product(IReadOnlyList<SweepAxis> axes)
    {
        var at = new int[axes.Count];
        while (true)
        {
            yield return [.. axes.Select((axis, i) => axis.Values[at[i]])];
            var last = axes.Count - 1;
            while (last >= 0 && ++at[last] == axes[last].Values.Length) at[last--] = 0;
            if (last < 0) yield break;
        }
    }
}
