using System.Collections.Immutable;

namespace Cluster.Dashboards;

/// <summary>A dashboard before it is JSON.</summary>
/// <param name="Uid">Stable: links and provisioning refer to it.</param>
/// <param name="Rows">From top to bottom.</param>
public sealed record Dashboard(string Uid, string Title, string Description, ImmutableArray<Row> Rows)
{
    /// <summary>How to read it, in Markdown, above everything else; null: the panels speak for themselves.</summary>
    public string? Guide { get; init; }

    public IEnumerable<Panel> Panels => Rows.SelectMany(r => r.Panels);
}

/// <summary>A titled row of panels, laid out from left to right and wrapped at 24 columns.</summary>
public sealed record Row(string Title, params ImmutableArray<Panel> Panels);

/// <summary>What a panel draws.</summary>
public enum PanelKind
{
    /// <summary>Lines over time.</summary>
    Lines,
    /// <summary>Stacked areas over time, a panel for each cluster: areas of two clusters on one another would add what nobody adds.</summary>
    Stacked,
    /// <summary>One big number per series.</summary>
    Stat,
    /// <summary>The names of the series that there are, and no figure.</summary>
    Words,
    /// <summary>One bar per series, as of now.</summary>
    Bars,
}

/// <summary>One panel.</summary>
/// <param name="Unit">Grafana's name of the unit, e.g. <c>s</c>, <c>percentunit</c>, <c>Bps</c>.</param>
/// <param name="Description">How to read it and what to do about it: shown at the panel's corner.</param>
public sealed record Panel(PanelKind Kind, string Title, string Unit, string Description, params ImmutableArray<Query> Queries)
{
    /// <summary>Columns of 24.</summary>
    public int Width { get; init; } = 12;

    /// <summary>Rows of about 30 pixels.</summary>
    public int Height { get; init; } = 8;

    /// <summary>Above these values the colour changes; ascending.</summary>
    public ImmutableArray<Threshold> Thresholds { get; init; } = [];

    /// <summary>Colour below the first threshold: not green where less is worse.</summary>
    public string Base { get; init; } = "green";

    /// <summary>Colours of the series whose names end in these words: what is named after a known vocabulary looks the same everywhere.</summary>
    public ImmutableArray<(string Word, string Color)> Colors { get; init; } = [];

    /// <summary>Shown where there is no series: an empty panel would leave open whether something is broken.</summary>
    public string NoValue { get; init; } = "no data";

    /// <summary>Asks for the present alone: over a time range, what was the largest at any moment would all be shown, and what has passed.</summary>
    public bool IsOfNow { get; init; }

    /// <summary>Upper end of the axis; null: by the data.</summary>
    public double? Max { get; init; }
}

/// <summary>One PromQL query and how its series are called.</summary>
public sealed record Query(string Expression, string Legend);

/// <summary>From <paramref name="Value"/> on, <paramref name="Color"/>.</summary>
public sealed record Threshold(double Value, string Color);
