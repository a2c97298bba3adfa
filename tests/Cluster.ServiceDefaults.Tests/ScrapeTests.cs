using System.Net.Sockets;
using System.Text;
using Cluster.Engine.Topology;
using Cluster.ServiceDefaults.Catalogue;
using Cluster.ServiceDefaults.Recording;

namespace Cluster.ServiceDefaults.Tests;

public sealed class ScrapeTests
{
    private const string OpenMetrics = "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5,*/*;q=0.1";

    [Fact]
    public async Task Every_metric_of_the_catalogue_appears_with_its_labels()
    {
        await using var host = await MetricsHost.StartAsync();
        var load = new PlausibleLoad(host.Metrics);
        for (var i = 0; i < 8; i++) load.Advance();
        var text = await host.ScrapeAsync();
        foreach (var metric in MetricCatalogue.All)
        {
            var sample = metric.Kind == MetricKind.Histogram ? metric.SampleName + "_count" : metric.SampleName;
            var line = text.Split('\n').FirstOrDefault(l => l.StartsWith(sample + "{", StringComparison.Ordinal) || l.StartsWith(sample + " ", StringComparison.Ordinal));
            line.ShouldNotBeNull($"{sample} is not exposed");
            foreach (var label in metric.Labels) line.ShouldContain($"{label.Name}=\"");
        }
    }

    [Fact]
    public async Task The_accept_header_chooses_the_dialect()
    {
        await using var host = await MetricsHost.StartAsync();
        new PlausibleLoad(host.Metrics).Advance();
        var open = await host.ScrapeAsync(OpenMetrics);
        open.ShouldEndWith("# EOF\n");
        open.ShouldContain("# TYPE vllm:generation_tokens counter\n");
        open.ShouldContain("# UNIT vllm:time_to_first_token_seconds seconds\n");
        var text = await host.ScrapeAsync();
        text.ShouldNotContain("# EOF");
        text.ShouldContain("# TYPE vllm:generation_tokens_total counter\n");
        text.ShouldContain("# TYPE vllm:iteration_tokens_total histogram\n");
        text.ShouldContain("le=\"1.0\"");
        text.ShouldContain("le=\"+Inf\"");
    }

    [Fact]
    public async Task Quotes_newlines_backslashes_and_non_ASCII_in_labels_survive()
    {
        await using var host = await MetricsHost.StartAsync();
        using var instance = host.Metrics.AddInstance(new InstanceIdentity("c", InstanceRole.Decode, "dé\"c\\o\nde-模0", "m"));
        var text = await host.ScrapeAsync();
        text.ShouldContain("vllm:num_requests_running{engine=\"dé\\\"c\\\\o\\nde-模0\",model_name=\"m\"} 0\n");
    }

    [Fact]
    public async Task A_removed_instance_leaves_no_series_behind_and_may_come_back()
    {
        await using var host = await MetricsHost.StartAsync();
        var load = new PlausibleLoad(host.Metrics);
        load.Advance();
        var gone = load.Instances[0];
        (await host.ScrapeAsync()).ShouldContain("engine=\"prefill-0\"");
        gone.Dispose();
        gone.Dispose();
        (await host.ScrapeAsync()).ShouldNotContain("engine=\"prefill-0\"");
        using var back = host.Metrics.AddInstance(gone.Identity);
        gone.Dispose();
        (await host.ScrapeAsync()).ShouldContain("vllm:num_requests_running{engine=\"prefill-0\",model_name=\"llama-3.1-70b\"} 0\n");
    }

    [Fact]
    public async Task Ten_concurrent_scrapes_and_one_that_hangs_up_are_all_served_whole()
    {
        await using var host = await MetricsHost.StartAsync();
        var load = new PlausibleLoad(host.Metrics, prefill: 40, decode: 40);
        load.Advance();
        await HangUpAsync(host.Url);
        var scrapes = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => host.ScrapeAsync(OpenMetrics)));
        scrapes.ShouldAllBe(s => s.EndsWith("# EOF\n", StringComparison.Ordinal));
        scrapes.ShouldAllBe(s => s.Contains("engine=\"decode-39\"", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_thousand_instances_fit_into_twenty_megabytes_with_every_one_visible()
    {
        await using var host = await MetricsHost.StartAsync();
        var load = new PlausibleLoad(host.Metrics, prefill: 500, decode: 500, aggregated: 0);
        load.Advance();
        var text = await host.ScrapeAsync();
        Encoding.UTF8.GetByteCount(text).ShouldBeLessThan(20_000_000);
        text.ShouldNotContain("otel_metric_overflow");
        text.Split('\n').Count(l => l.StartsWith("vllm:num_requests_running{", StringComparison.Ordinal)).ShouldBe(1_000);
        text.ShouldContain("vllm:time_to_first_token_seconds_count{engine=\"decode\",model_name=\"llama-3.1-70b\"} 500\n");
    }

    [Fact]
    public async Task Two_hosts_of_one_process_do_not_publish_each_others_instances()
    {
        await using var one = await MetricsHost.StartAsync();
        await using var two = await MetricsHost.StartAsync();
        using var instance = one.Metrics.AddInstance(new InstanceIdentity("c", InstanceRole.Decode, "only-here", "m"));
        (await one.ScrapeAsync()).ShouldContain("only-here");
        (await two.ScrapeAsync()).ShouldNotContain("only-here");
    }

    private static async Task HangUpAsync(Uri url)
    {
        using var socket = new TcpClient();
        await socket.ConnectAsync(url.Host, url.Port);
        await socket.GetStream().WriteAsync("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n"u8.ToArray());
        socket.LingerState = new LingerOption(true, 0);
    }
}
