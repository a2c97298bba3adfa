using System.Text.Json.Nodes;

namespace Cluster.Dashboards;

/// <summary>Turns one panel into Grafana's JSON.</summary>
internal static class PanelJson
{
    public static JsonObject Write(Panel panel, int id, JsonObject position)
    {
        var json = Plain(panel, id, position);
        if (panel.Kind != PanelKind.Stacked) return json;
        (json["repeat"], json["repeatDirection"], json["maxPerRow"]) = ("cluster", "h", 2);
        return json;
    }

    private static JsonObject Plain(Panel panel, int id, JsonObject position) => new()
    {
        ["id"] = id,
        ["type"] = panel.Kind switch { PanelKind.Stat or PanelKind.Words => "stat", PanelKind.Bars => "bargauge", _ => "timeseries" },
        ["title"] = panel.Kind == PanelKind.Stacked ? $"{panel.Title}: $cluster" : panel.Title,
        ["description"] = panel.Description,
        ["gridPos"] = position,
        ["datasource"] = GrafanaJson.Source(),
        ["targets"] = new JsonArray([.. panel.Queries.Select((query, at) => (JsonNode)Target(query, at, panel.IsOfNow || panel.Kind is PanelKind.Bars or PanelKind.Words))]),
        ["fieldConfig"] = new JsonObject { ["defaults"] = Defaults(panel), ["overrides"] = Overrides(panel) },
        ["options"] = panel.Kind switch { PanelKind.Stat => StatOptions("auto"), PanelKind.Words => StatOptions("name"), PanelKind.Bars => BarOptions(), _ => LineOptions(panel) },
    };

    private static JsonObject Target(Query query, int at, bool now) => new()
    {
        ["refId"] = ((char)('A' + at)).ToString(),
        ["datasource"] = GrafanaJson.Source(),
        ["expr"] = query.Expression,
        ["legendFormat"] = query.Legend,
        ["editorMode"] = "code",
        ["instant"] = now,
        ["range"] = !now,
        ["exemplar"] = false,
    };

    private static JsonObject Defaults(Panel panel)
    {
        var defaults = new JsonObject
        {
            ["unit"] = panel.Unit,
            ["min"] = 0,
            ["noValue"] = panel.NoValue,
            ["color"] = new JsonObject { ["mode"] = panel.Kind is PanelKind.Lines or PanelKind.Stacked ? "palette-classic" : "thresholds" },
            ["thresholds"] = Thresholds(panel),
        };
        if (panel.Max is { } max) defaults["max"] = max;
        if (panel.Kind is PanelKind.Lines or PanelKind.Stacked) defaults["custom"] = LineStyle(panel);
        return defaults;
    }

    private static JsonObject Thresholds(Panel panel)
    {
        var steps = new JsonArray(new JsonObject { ["color"] = panel.Base, ["value"] = null });
        foreach (var threshold in panel.Thresholds) steps.Add((JsonNode)new JsonObject { ["color"] = threshold.Color, ["value"] = threshold.Value });
        return new JsonObject { ["mode"] = "absolute", ["steps"] = steps };
    }

    private static JsonObject LineStyle(Panel panel) => new()
    {
        ["drawStyle"] = "line",
        ["lineInterpolation"] = "linear",
        ["lineWidth"] = panel.Kind == PanelKind.Stacked ? 1 : 2,
        ["fillOpacity"] = panel.Kind == PanelKind.Stacked ? 60 : 8,
        ["showPoints"] = "never",
        // A line over a pause would claim what was never measured.
        ["spanNulls"] = 15_000,
        ["stacking"] = new JsonObject { ["mode"] = panel.Kind == PanelKind.Stacked ? "normal" : "none", ["group"] = "A" },
        ["thresholdsStyle"] = new JsonObject { ["mode"] = panel.Thresholds.IsEmpty ? "off" : "dashed" },
    };

    /// <summary>A line or two per cluster fit below; whatever is by role, hop or instance needs the panel's height.</summary>
    private static JsonObject LineOptions(Panel panel) => new()
    {
        ["legend"] = IsLong(panel)
            ? new JsonObject { ["displayMode"] = "table", ["placement"] = "right", ["showLegend"] = true, ["calcs"] = new JsonArray("lastNotNull", "max") }
            : new JsonObject { ["displayMode"] = "table", ["placement"] = "bottom", ["showLegend"] = true, ["calcs"] = new JsonArray("mean", "lastNotNull", "max") },
        ["tooltip"] = new JsonObject { ["mode"] = "multi", ["sort"] = "desc" },
    };

    private static bool IsLong(Panel panel) =>
        panel.Kind == PanelKind.Stacked || panel.Queries.Length > 2 || panel.Queries.Any(q => q.Legend.Replace("{{cluster}}", "", StringComparison.Ordinal).Contains("{{", StringComparison.Ordinal));

    private static JsonArray Overrides(Panel panel) =>
        [.. panel.Colors.Select(c => (JsonNode)new JsonObject
        {
            ["matcher"] = new JsonObject { ["id"] = "byRegexp", ["options"] = $"/(^| ){c.Word}$/" },
            ["properties"] = new JsonArray(new JsonObject { ["id"] = "color", ["value"] = new JsonObject { ["mode"] = "fixed", ["fixedColor"] = c.Color } }),
        })];

    private static JsonObject StatOptions(string text) => new()
    {
        ["colorMode"] = text == "name" ? "none" : "value",
        ["graphMode"] = text == "name" ? "none" : "area",
        ["justifyMode"] = "auto",
        ["orientation"] = text == "name" ? "horizontal" : "auto",
        ["textMode"] = text,
        ["wideLayout"] = true,
        ["showPercentChange"] = false,
        ["percentChangeColorMode"] = "standard",
        ["reduceOptions"] = Reduce(),
    };

    private static JsonObject BarOptions() => new()
    {
        ["displayMode"] = "gradient",
        ["orientation"] = "horizontal",
        ["valueMode"] = "color",
        ["namePlacement"] = "auto",
        ["showUnfilled"] = true,
        ["sizing"] = "auto",
        ["minVizWidth"] = 8,
        ["minVizHeight"] = 16,
        ["maxVizHeight"] = 300,
        ["legend"] = new JsonObject { ["displayMode"] = "list", ["placement"] = "bottom", ["showLegend"] = false, ["calcs"] = new JsonArray() },
        ["reduceOptions"] = Reduce(),
    };

    private static JsonObject Reduce() => new() { ["calcs"] = new JsonArray("lastNotNull"), ["values"] = false, ["fields"] = "" };
}
