using Cluster.Engine.Hardware;
using Cluster.Scenarios.Catalogs;

namespace Cluster.Simulator.Validation;

/// <summary>
/// The figures of an engine and of its earlier versions in one list, as a fit sees them: those of how it is built once, those that change from version to version
/// once per profile. What few rows of a version cannot tell, the other versions' rows do.
/// </summary>
public sealed class HostFigures
{
    private readonly List<(HostFigure Figure, string? Profile)> _all = [];

    private readonly Catalog _catalog;

    /// <param name="profiles">Profiles that rows were measured of.</param>
    public HostFigures(Catalog catalog, IReadOnlyList<HostFigure> figures, IReadOnlyList<string> profiles)
    {
        ArgumentNullException.ThrowIfNull(figures);
        ArgumentNullException.ThrowIfNull(profiles);
        (_catalog, Profiles) = (catalog, profiles);
        foreach (var figure in figures)
        {
            if (figure.IsOfVersion && profiles.Count > 1) _all.AddRange(profiles.Select(p => (figure, (string?)p)));
            else _all.Add((figure, null));
        }

        All = [.. _all.Select(f => f.Figure)];
    }

    public IReadOnlyList<string> Profiles { get; }

    public IReadOnlyList<HostFigure> All { get; }

    /// <summary>What the catalog has for them; of those in common, the last profile's.</summary>
    public double[] Committed => [.. _all.Select(f => f.Figure.Get(_catalog.Engines[f.Profile ?? Profiles[^1]]))];

    /// <summary>A profile of the catalog with these figures.</summary>
    public EngineProfile Of(string profile, IReadOnlyList<double> values)
    {
        ArgumentNullException.ThrowIfNull(values);
        var engine = _catalog.Engines[profile];
        for (var i = 0; i < _all.Count; i++)
            if (_all[i].Profile is null || _all[i].Profile == profile) engine = _all[i].Figure.Set(engine, values[i]);
        return engine;
    }

    /// <summary>The values with one profile's own figures replaced by another's.</summary>
    public double[] Lend(string from, string to, IReadOnlyList<double> values) =>
        [.. _all.Select((f, i) => f.Profile == to ? values[_all.FindIndex(o => o.Profile == from && o.Figure == f.Figure)] : values[i])];
}
