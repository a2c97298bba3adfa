using System.Text.Json.Nodes;

namespace Cluster.Dashboards;

/// <summary>Turns one panel into Grafana's JSON.</summary>
internal static class PanelJson
{
    public static JsonObject Write(Panel panel, int id, JsonObject position) => new()
    {
        ["id"] = id,
        ["type"] = panel.Kind switch { PanelKind.Stat => "stat", PanelKind.Bars => "bargauge", _ => "timeseries" },
        ["title"] = panel.Title,
        ["description"] = panel.Description,
        ["gridPos"] = position,
        ["datasource"] = GrafanaJson.Source(),
        ["targets"] = new JsonArray([.. panel.Queries.Select((query, at) => (JsonNode)Target(query, at, panel.Kind))]),
        ["fieldConfig"] = new JsonObject { ["defaults"] = Defaults(panel), ["overrides"] = new JsonArray() },
        ["options"] = panel.Kind switch { PanelKind.Stat => StatOptions(), PanelKind.Bars => BarOptions(), _ => LineOptions() },
    };

    private static JsonObject Target(Query query, int at, PanelKind kind)
    {
        var now = kind is PanelKind.Stat or PanelKind.Bars;
        return new JsonObject
        {
            ["refId"] = ((char)('A' + at)).ToString(),
            ["datasource"] = GrafanaJson.Source(),
            ["expr"] = query.Expression,
            ["legendFormat"] = query.Legend,
            ["editorMode"] = "code",
            ["instant"] = kind == PanelKind.Bars,
            ["range"] = kind != PanelKind.Bars,
            ["exemplar"] = !now,
        };
    }

    private static JsonObject Defaults(Panel panel)
    {
        var defaults = new JsonObject
        {
            ["unit"] = panel.Unit,
            ["min"] = 0,
            ["noValue"] = "no data",
            ["color"] = new JsonObject { ["mode"] = panel.Kind is PanelKind.Lines or PanelKind.Stacked ? "palette-classic-by-name" : "thresholds" },
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
        ["spanNulls"] = true,
        ["stacking"] = new JsonObject { ["mode"] = panel.Kind == PanelKind.Stacked ? "normal" : "none", ["group"] = "A" },
        ["thresholdsStyle"] = new JsonObject { ["mode"] = panel.Thresholds.IsEmpty ? "off" : "dashed" },
    };

    private static JsonObject LineOptions() => new()
    {
        ["legend"] = new JsonObject { ["displayMode"] = "table", ["placement"] = "bottom", ["showLegend"] = true, ["calcs"] = new JsonArray("mean", "lastNotNull", "max") },
        ["tooltip"] = new JsonObject { ["mode"] = "multi", ["sort"] = "desc" },
    };

    private static JsonObject StatOptions() => new()
    {
        ["colorMode"] = "value",
        ["graphMode"] = "area",
        ["justifyMode"] = "auto",
        ["orientation"] = "auto",
        ["textMode"] = "auto",
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
