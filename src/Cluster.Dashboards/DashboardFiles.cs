namespace Cluster.Dashboards;

/// <summary>Every generated file below <c>dashboards/</c>, by its path there.</summary>
public static class DashboardFiles
{
    public static IReadOnlyList<Dashboard> Dashboards { get; } =
    [
        OverviewDashboard.Create(),
        TradeOffDashboard.Create(),
        KvAndRouterDashboard.Create(),
        LinksDashboard.Create(),
        EnginesDashboard.Create(),
        EmulatorDashboard.Create(),
    ];

    public static IEnumerable<(string Path, string Content)> All() =>
        Dashboards.Select(d => ($"grafana/{d.Uid}.json", GrafanaJson.Write(d)))
            .Append(("prometheus/alerts.yml", AlertYaml.Write(AlertRules.All, Answers.All)));
}
