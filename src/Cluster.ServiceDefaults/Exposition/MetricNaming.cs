using System.Globalization;
using System.Text;
using Cluster.ServiceDefaults.Catalogue;
using OpenTelemetry.Metrics;

namespace Cluster.ServiceDefaults.Exposition;

/// <summary>Name and unit of a family in exposition.</summary>
/// <param name="Name">Without a counter's <c>_total</c>.</param>
/// <param name="Unit">Suffix of the name that is its unit; empty when it has none.</param>
internal sealed record FamilyName(string Name, string Unit);

/// <summary>
/// Our metrics have the catalogue's names; others (ASP.NET Core, runtime, Orleans) get the names OpenTelemetry's own
/// rules for Prometheus give them.
/// </summary>
internal static class MetricNaming
{
    private static readonly Dictionary<string, string> s_units = new(StringComparer.Ordinal)
    {
        ["s"] = "seconds",
        ["ms"] = "milliseconds",
        ["us"] = "microseconds",
        ["ns"] = "nanoseconds",
        ["min"] = "minutes",
        ["h"] = "hours",
        ["d"] = "days",
        ["By"] = "bytes",
        ["KiBy"] = "kibibytes",
        ["MiBy"] = "mebibytes",
        ["J"] = "joules",
        ["W"] = "watts",
        ["V"] = "volts",
        ["Hz"] = "hertz",
        ["%"] = "percent",
        ["Cel"] = "celsius",
        ["1"] = "ratio",
    };

    public static FamilyName Of(Metric metric)
    {
        if (MetricCatalogue.ByInstrumentName.TryGetValue(metric.Name, out var definition))
            return Of(definition);
        var counter = metric.MetricType is MetricType.LongSum or MetricType.DoubleSum;
        var gauge = metric.MetricType is MetricType.LongGauge or MetricType.DoubleGauge;
        var name = Sanitize(metric.Name);
        var unit = metric.Unit is "1" && !gauge ? "" : s_units.GetValueOrDefault(metric.Unit ?? "", "");
        if (counter && name.EndsWith("_total", StringComparison.Ordinal)) name = name[..^"_total".Length];
        if (unit.Length > 0 && !name.EndsWith(unit, StringComparison.Ordinal)) name = $"{name}_{unit}";
        return new FamilyName(name, unit);
    }

    public static FamilyName Of(MetricDefinition ours) => new(ours.Name, Suffix(ours.Name, ours.Unit));

    /// <summary>Letters, digits and underscores, not beginning with a digit; runs of others become one underscore.</summary>
    public static string Sanitize(string name)
    {
        var clean = new StringBuilder(name.Length);
        foreach (var c in name)
        {
            if (char.IsAsciiLetterOrDigit(c)) clean.Append(c);
            else if (clean.Length == 0 || clean[^1] != '_') clean.Append('_');
        }

        if (clean.Length == 0 || char.IsAsciiDigit(clean[0])) clean.Insert(0, '_');
        return clean.ToString();
    }

    /// <summary>A label's value; booleans as JSON spells them, numbers with a point.</summary>
    public static string Text(object? value) => value switch
    {
        null => "",
        string text => text,
        bool flag => flag ? "true" : "false",
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString() ?? "",
    };

    private static string Suffix(string name, string unit) =>
        s_units.TryGetValue(unit, out var suffix) && name.EndsWith("_" + suffix, StringComparison.Ordinal) ? suffix : "";
}
