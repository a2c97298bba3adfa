using System.Diagnostics;
using System.Globalization;
using Cluster.Dashboards;

namespace Cluster.ServiceDefaults.Tests;

/// <summary>Real parts: Debian's Prometheus scrapes a real host, and every query that ships is asked of it.</summary>
public sealed class PrometheusTests
{
    /// <summary>Enough for a rate.</summary>
    private const int Samples = 5;

    [Fact(Timeout = 60_000)]
    public async Task Every_query_of_every_panel_and_alert_returns_data()
    {
        var program = RequiredTool.Find("prometheus", "prometheus");
        await using var host = await MetricsHost.StartAsync();
        var load = new PlausibleLoad(host.Metrics);
        host.OnScrape(load.Advance);
        await using var prometheus = PrometheusServer.Start(program, host.Url);
        await prometheus.ReadyAsync(TestContext.Current.CancellationToken);
        // Asked of Prometheus: on a busy host it gives up scrapes that the gateway did answer.
        while ((await prometheus.QueryAsync($"sum_over_time(up[1m]) >= {Samples}")).Count == 0) await Task.Delay(20, TestContext.Current.CancellationToken);

        foreach (var (where, query) in Queries())
        {
            var series = await prometheus.QueryAsync(Concrete(query));
            series.ShouldNotBeEmpty($"{where}: {Concrete(query)}");
            foreach (var value in series) double.Parse(value!["value"]![1]!.GetValue<string>(), CultureInfo.InvariantCulture).ShouldNotBe(double.NaN, $"{where}: {query}");
        }

        var rules = (await prometheus.GetAsync("/api/v1/rules"))["groups"]![0]!["rules"]!.AsArray();
        rules.Select(r => r!["name"]!.GetValue<string>()).ShouldBe(AlertRules.All.Select(a => a.Name));
    }

    [Theory]
    [InlineData("check", "rules", "alerts.yml")]
    [InlineData("check", "config", "prometheus.yml")]
    [InlineData("test", "rules", "alerts.test.yml")]
    public async Task Promtool_accepts_rules_and_configuration_and_their_tests_pass(string verb, string what, string file)
    {
        var start = new ProcessStartInfo(RequiredTool.Find("promtool", "prometheus"))
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
            WorkingDirectory = Path.Combine(GeneratedFile.Root, "dashboards/prometheus"),
        };
        foreach (var argument in new[] { verb, what, file }) start.ArgumentList.Add(argument);
        using var process = Process.Start(start)!;
        var output = await Task.WhenAll(process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        process.ExitCode.ShouldBe(0, string.Concat(output));
    }

    [Fact]
    public void Every_alert_has_a_test_in_which_it_fires()
    {
        var tests = File.ReadAllText(Path.Combine(GeneratedFile.Root, "dashboards/prometheus/alerts.test.yml"));
        foreach (var alert in AlertRules.All) tests.ShouldMatch($@"alertname: {alert.Name}\s+exp_alerts:\s+- exp_labels", $"{alert.Name} fires in no test");
    }

    /// <param name="all">Also those that may be empty while all is well, such as missed objectives: their panels say what that means.</param>
    internal static IEnumerable<(string Where, string Query)> Queries(bool all = true) =>
        DashboardFiles.Dashboards.SelectMany(d => d.Panels.Where(p => all || p.NoValue == "no data").SelectMany(p => p.Queries.Select(q => ($"{d.Title} / {p.Title}", q.Expression))))
            .Concat(AlertRules.All.SelectMany(a => a.Value.Select(v => (a.Name, v))));

    /// <summary>A query as Grafana would send it with every variable on All.</summary>
    internal static string Concrete(string query) =>
        query.Replace("$__rate_interval", "10s", StringComparison.Ordinal)
            .Replace("$cluster", ".*", StringComparison.Ordinal).Replace("$role", ".*", StringComparison.Ordinal)
            .Replace("$engine", ".*", StringComparison.Ordinal).Replace("$model", ".*", StringComparison.Ordinal);
}
