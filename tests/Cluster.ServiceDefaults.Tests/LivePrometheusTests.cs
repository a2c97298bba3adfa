using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using Cluster.Dashboards;
using Cluster.Engine.Topology;
using Cluster.Gateway.Live;
using Cluster.Load;
using Cluster.Scenarios;
using Cluster.Scenarios.Catalogs;
using Cluster.ServiceDefaults.Catalogue;

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
            foreach (var (where, query) in PrometheusTests.Queries(all: false))
            {
                var series = await prometheus.QueryAsync(PrometheusTests.Concrete(query));
                // A role may have none of something, such as prefix queries of decode instances; all of them may not.
                if (!series.Any(s => !double.IsNaN(double.Parse(s!["value"]![1]!.GetValue<string>(), CultureInfo.InvariantCulture)))) empty.Add($"{where}: {query}");
            }

            empty.ShouldBeEmpty();
            await EveryMetricMovesAsync(prometheus);
            // Rules are evaluated once a second: each answer has a figure for each cluster before long.
            foreach (var answer in Answers.All)
                while ((await prometheus.QueryAsync($"count by (cluster) ({answer.Name})")).Count < 2) TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
        }
        finally
        {
            await stop.CancelAsync();
            await Task.WhenAll(loads);
            foreach (var cluster in clusters) await cluster.DisposeAsync();
        }
    }

    /// <summary>
    /// A metric that nobody feeds has a series all the same, at zero for ever, and its panel looks well. So each one has to leave zero under
    /// this load, but for those that stay there while nothing goes wrong.
    /// </summary>
    private static async Task EveryMetricMovesAsync(PrometheusServer prometheus)
    {
        string[] calm =
        [
            "vllm:num_preemptions", "vllm:lora_requests_info", "xpyd_kv_evicted_blocks", "xpyd_kv_transfer_failures", "xpyd_wait_wall_seconds", "xpyd_slo_misses", "xpyd_late_steps",
            // Momentary: a scrape may fall between two of them.
            "vllm:num_requests_waiting", "vllm:num_requests_waiting_by_reason", "xpyd_link_utilization_ratio", "xpyd_link_active_transfers", "xpyd_link_waiting_transfers", "xpyd_router_view_age_seconds",
            "xpyd_router_regret_seconds", "xpyd_router_true_regret_seconds", "vllm:prefix_cache_hits", "xpyd_router_matched_tokens", "xpyd_router_hit_tokens", "xpyd_host_saturation_ratio",
        ];
        foreach (var metric in MetricCatalogue.All.Where(m => !calm.Contains(m.Name)))
        {
            var name = metric.Kind == MetricKind.Histogram ? metric.SampleName + "_count" : metric.SampleName;
            (await prometheus.QueryAsync($"max(max_over_time({name}[1m])) > 0")).ShouldNotBeEmpty($"{name} is published, and nothing ever feeds it");
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
