using System.Text.Json;
using System.Text.Json.Nodes;

namespace Cluster.Dashboards;

/// <summary>Turns dashboards into Grafana's JSON (schema version 41).</summary>
public static class GrafanaJson
{
    private const int Columns = 24;
    private const int GuideHeight = 6;
    private static readonly JsonSerializerOptions s_indented = new() { WriteIndented = true };

    public static string Write(Dashboard dashboard)
    {
        ArgumentNullException.ThrowIfNull(dashboard);
        return new JsonObject
        {
            ["uid"] = dashboard.Uid,
            ["title"] = dashboard.Title,
            ["description"] = dashboard.Description,
            ["tags"] = new JsonArray("xpyd"),
            ["timezone"] = "browser",
            ["editable"] = true,
            ["graphTooltip"] = 1,
            ["schemaVersion"] = 41,
            ["refresh"] = "5s",
            ["time"] = new JsonObject { ["from"] = "now-15m", ["to"] = "now" },
            ["links"] = new JsonArray(LinkToOthers()),
            ["templating"] = new JsonObject { ["list"] = Variables() },
            ["annotations"] = new JsonObject { ["list"] = new JsonArray() },
            ["panels"] = Panels(dashboard),
        }.ToJsonString(s_indented).ReplaceLineEndings("\n") + "\n";
    }

    private static JsonObject LinkToOthers() => new()
    {
        ["title"] = "xpyd",
        ["type"] = "dashboards",
        ["tags"] = new JsonArray("xpyd"),
        ["asDropdown"] = true,
        ["icon"] = "external link",
        ["includeVars"] = true,
        ["keepTime"] = true,
        ["targetBlank"] = false,
        ["tooltip"] = "Other dashboards of this cluster",
    };

    private static JsonArray Variables() =>
    [
        new JsonObject { ["name"] = "datasource", ["type"] = "datasource", ["query"] = "prometheus", ["label"] = "Data source" },
        Variable("cluster", "Cluster", "cluster", ""),
        Variable("model", "Model", "model_name", "cluster=~\"$cluster\""),
        Variable("role", "Role", "role", "cluster=~\"$cluster\",model_name=~\"$model\""),
        Variable("engine", "Instance", "engine", "cluster=~\"$cluster\",model_name=~\"$model\",role=~\"$role\""),
    ];

    private static JsonObject Variable(string name, string label, string values, string within) => new()
    {
        ["name"] = name,
        ["label"] = label,
        ["type"] = "query",
        ["datasource"] = Source(),
        ["query"] = $"label_values(xpyd_instance_info{{{within}}}, {values})",
        ["refresh"] = 2,
        ["sort"] = 5,
        ["multi"] = true,
        ["includeAll"] = true,
        ["allValue"] = ".*",
        ["current"] = new JsonObject { ["text"] = "All", ["value"] = "$__all" },
    };

    private static JsonArray Panels(Dashboard dashboard)
    {
        var panels = new JsonArray();
        var (id, y) = (1, 0);
        if (dashboard.Guide is { } guide)
        {
            panels.Add((JsonNode)new JsonObject
            {
                ["id"] = id++,
                ["type"] = "text",
                ["title"] = "How to read this",
                ["gridPos"] = Position(0, 0, Columns, GuideHeight),
                ["options"] = new JsonObject { ["mode"] = "markdown", ["content"] = guide },
            });
            y = GuideHeight;
        }

        foreach (var row in dashboard.Rows)
        {
            panels.Add((JsonNode)new JsonObject
            {
                ["id"] = id++,
                ["type"] = "row",
                ["title"] = row.Title,
                ["collapsed"] = false,
                ["panels"] = new JsonArray(),
                ["gridPos"] = Position(0, y++, Columns, 1),
            });
            var (x, tallest) = (0, 0);
            foreach (var panel in row.Panels)
            {
                // What is repeated for each cluster takes the row: Grafana divides it among them.
                var width = panel.Kind == PanelKind.Stacked ? Columns : panel.Width;
                if (x + width > Columns) (x, y, tallest) = (0, y + tallest, 0);
                panels.Add((JsonNode)PanelJson.Write(panel, id++, Position(x, y, width, panel.Height)));
                (x, tallest) = (x + width, Math.Max(tallest, panel.Height));
            }

            y += tallest;
        }

        return panels;
    }

    private static JsonObject Position(int x, int y, int width, int height) => new() { ["x"] = x, ["y"] = y, ["w"] = width, ["h"] = height };

    internal static JsonObject Source() => new() { ["type"] = "prometheus", ["uid"] = "${datasource}" };
}
