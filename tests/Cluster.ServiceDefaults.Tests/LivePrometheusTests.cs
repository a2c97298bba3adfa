using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using Cluster.Engine.Topology;
using Cluster.Gateway.Live;
using Cluster.Load;
using Cluster.Scenarios;
using Cluster.Scenarios.Catalogs;

namespace Cluster.ServiceDefaults.Tests;

/// <summary>Real parts throughout: Debian's Prometheus scrapes both shapes of the quickstart while they serve it.</summary>
public sealed class LivePrometheusTests
{
    private const double TimeScale = 4;

    [Fact(Timeout = 90_000)]
    public async Task Every_panel_and_alert_has_data_from_a_running_cluster()
    {
        var program = RequiredTool.Find("prometheus", "prometheus");
        var variants = Quickstart().Variants;
        var clusters = await Task.WhenAll(variants.Select(v => LiveCluster.StartAsync(v.Cluster, new LiveOptions { Compute = ComputeMode.Modeled, TimeScale = TimeScale })));
        await using var prometheus = PrometheusServer.Start(program, [.. clusters.Select(c => c.Endpoint)]);
        using var stop = new CancellationTokenSource();
        var loads = variants.Zip(clusters, (v, c) => LoadDriver.RunAsync(c.Endpoint, v.Workload, new LoadOptions { TimeScale = TimeScale, SendOutputContent = true }, null, stop.Token)).ToList();
        try
        {
            foreach (var cluster in clusters) await SlowAsync(cluster.Endpoint);
            await prometheus.ReadyAsync(TestContext.Current.CancellationToken);
            // Two scrapes that saw requests end are what a rate needs.
            while (!await HasRatesAsync(prometheus)) TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
            var empty = new List<string>();
            foreach (var (where, query) in PrometheusTests.Queries())
            {
                var series = await prometheus.QueryAsync(PrometheusTests.Concrete(query));
                // A role may have none of something, such as prefix queries of decode instances; all of them may not.
                if (!series.Any(s => !double.IsNaN(double.Parse(s!["value"]![1]!.GetValue<string>(), CultureInfo.InvariantCulture)))) empty.Add($"{where}: {query}");
            }

            empty.ShouldBeEmpty();
        }
        finally
        {
            await stop.CancelAsync();
            await Task.WhenAll(loads);
            foreach (var cluster in clusters) await cluster.DisposeAsync();
        }
    }

    /// <summary>With every mechanism on that has a panel of its own.</summary>
    private static ScenarioResult Quickstart() => ScenarioFile.Load(
        Path.Combine(GeneratedFile.Root, "scenarios/quickstart.yaml"), Catalog.Default,
        [
            new ScenarioOverride("engine.speculative.method", "eagle"),
            new ScenarioOverride("engine.speculative.num_speculative_tokens", "3"),
            new ScenarioOverride("engine.speculative.acceptance_rate", "0.7"),
        ]).OrThrow();

    /// <summary>A fault, for the panel that counts them.</summary>
    private static async Task SlowAsync(Uri endpoint)
    {
        using var client = new HttpClient { BaseAddress = endpoint };
        using var topology = JsonDocument.Parse(await client.GetStringAsync(new Uri("admin/topology", UriKind.Relative)));
        var target = topology.RootElement.GetProperty("instances")[0].GetProperty("name").GetString();
        using var answer = await client.PostAsJsonAsync("admin/faults", new { kind = "slow", target, factor = 1.1 });
        answer.IsSuccessStatusCode.ShouldBeTrue(await answer.Content.ReadAsStringAsync());
    }

    private static async Task<bool> HasRatesAsync(PrometheusServer prometheus) =>
        (await prometheus.QueryAsync("sum by (cluster) (rate(xpyd_requests_total{outcome=\"completed\"}[10s])) > 0")).Count == 2;
}
