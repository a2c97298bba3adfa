using System.Text.Json.Nodes;
using Cluster.Dashboards;
using NJsonSchema;

namespace Cluster.ServiceDefaults.Tests;

public sealed class DashboardTests
{
    public static TheoryData<string> Uids => [.. DashboardFiles.Dashboards.Select(d => d.Uid)];

    [Fact]
    public void The_files_in_the_repository_are_what_the_code_generates()
    {
        foreach (var (path, content) in DashboardFiles.All()) GeneratedFile.ShouldBeCurrent("dashboards/" + path, content);
    }

    [Theory]
    [MemberData(nameof(Uids))]
    public async Task A_dashboard_passes_Grafanas_own_schema(string uid)
    {
        var json = GrafanaJson.Write(DashboardFiles.Dashboards.Single(d => d.Uid == uid));
        await ShouldBeValidAsync("GrafanaDashboard", json);
        foreach (var panel in JsonNode.Parse(json)!["panels"]!.AsArray())
        {
            var (options, custom) = (panel!["options"], panel["fieldConfig"]?["defaults"]?["custom"]);
            if (panel["type"]!.GetValue<string>() is "timeseries") await ShouldBeValidAsync("TimeSeriesOptions", options!.ToJsonString());
            if (panel["type"]!.GetValue<string>() is "stat") await ShouldBeValidAsync("StatOptions", options!.ToJsonString());
            if (panel["type"]!.GetValue<string>() is "text") await ShouldBeValidAsync("TextOptions", options!.ToJsonString());
            if (panel["type"]!.GetValue<string>() is "bargauge") await ShouldBeValidAsync("BarGaugeOptions", options!.ToJsonString());
            if (custom is not null) await ShouldBeValidAsync("TimeSeriesFieldConfig", custom.ToJsonString());
        }
    }

    [Theory]
    [InlineData("\"placement\": \"right\"", "\"placement\": \"beside\"", "timeseries", "TimeSeriesOptions", "options")]
    [InlineData("\"textMode\": \"name\"", "\"textMode\": \"words\"", "stat", "StatOptions", "options")]
    [InlineData("\"repeatDirection\": \"h\"", "\"repeatDirection\": \"sideways\"", "", "GrafanaDashboard", "")]
    [InlineData("\"schemaVersion\": 41", "\"schemaVersion\": \"41\"", "", "GrafanaDashboard", "")]
    public async Task The_schema_refuses_what_Grafana_would(string right, string wrong, string panelType, string schema, string part)
    {
        var json = GrafanaJson.Write(TradeOffDashboard.Create());
        json.ShouldContain(right);
        var broken = JsonNode.Parse(json.Replace(right, wrong, StringComparison.Ordinal))!;
        var subjects = panelType.Length == 0 ? [broken] : broken["panels"]!.AsArray().Where(p => p!["type"]!.GetValue<string>() == panelType).Select(p => p![part]!).ToList();
        var errors = 0;
        foreach (var subject in subjects) errors += (await SchemaAsync(schema)).Validate(subject.ToJsonString()).Count;
        errors.ShouldBeGreaterThan(0);
    }

    [Theory]
    [MemberData(nameof(Uids))]
    public void Every_panel_has_a_description_and_a_unit_and_none_overlaps_another(string uid)
    {
        var dashboard = DashboardFiles.Dashboards.Single(d => d.Uid == uid);
        foreach (var panel in dashboard.Panels)
        {
            panel.Description.Length.ShouldBeGreaterThan(9, panel.Title);
            panel.Unit.ShouldNotBeNullOrEmpty(panel.Title);
            panel.Queries.ShouldNotBeEmpty(panel.Title);
            // A share shown as one big number is read at a glance: its colour has to say whether it is well.
            if (panel is { Kind: PanelKind.Stat, Unit: "percentunit" }) panel.Thresholds.ShouldNotBeEmpty(panel.Title);
        }

        var cells = new HashSet<(int, int)>();
        foreach (var panel in JsonNode.Parse(GrafanaJson.Write(dashboard))!["panels"]!.AsArray())
        {
            var at = panel!["gridPos"]!;
            for (var x = (int)at["x"]!; x < (int)at["x"]! + (int)at["w"]!; x++)
                for (var y = (int)at["y"]!; y < (int)at["y"]! + (int)at["h"]!; y++) cells.Add((x, y)).ShouldBeTrue($"{panel["title"]} overlaps at {x},{y}");
        }
    }

    private static async Task ShouldBeValidAsync(string type, string json)
    {
        var schema = await SchemaAsync(type);
        schema.Validate(json).ShouldBeEmpty($"{type}: {json}");
    }

    private static Task<JsonSchema> SchemaAsync(string type) =>
        JsonSchema.FromFileAsync(Path.Combine(GeneratedFile.Root, "tests/Cluster.ServiceDefaults.Tests/Grafana", type + ".schema.json"));
}
