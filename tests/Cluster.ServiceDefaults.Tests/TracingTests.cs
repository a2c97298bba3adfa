using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text;
using Cluster.Engine.Requests;
using Cluster.Engine.Units;
using Cluster.ServiceDefaults.Recording;
using Cluster.ServiceDefaults.Tracing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Cluster.ServiceDefaults.Tests;

public sealed class TracingTests
{
    private static readonly RequestObservation s_observed = new(
        RequestOutcome.Completed, 28 * Time.Millisecond, 1e6, 128 * Time.Millisecond,
        new TtftHops(1_000_000, 2_000_000, 3_000_000, 4_000_000, 5_000_000, 6_000_000, 7_000_000), 100, 40, 12);

    [Fact]
    public void A_request_is_one_trace_and_its_hops_stand_where_they_passed()
    {
        using var heard = new Heard();
        var request = RequestTracing.StartRequest("chat", "m", "hops", 64, "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")!;
        // What travels between processes is text.
        var context = RequestTracing.ContextOf(request);
        var began = DateTime.UtcNow.AddSeconds(-1);
        using (var route = RequestTracing.BeginHop("route", context)) route!.SetTag("xpyd.router.policy", "kv-aware");
        RequestTracing.HopPassed("prefill", context, began, began.AddMilliseconds(5), 10 * Time.Millisecond, "prefill-0", new KeyValuePair<string, object?>("gen_ai.usage.input_tokens", 100));
        RequestTracing.HopPassed("kv_alloc", context, began, began, 0, "decode-0");
        RequestTracing.Finish(request, s_observed, "stop");

        request.TraceId.ToHexString().ShouldBe("0af7651916cd43dd8448eb211c80319c");
        request.ParentSpanId.ToHexString().ShouldBe("b7ad6b7169203331");
        request.GetTagItem("gen_ai.usage.output_tokens").ShouldBe(12);
        request.GetTagItem("gen_ai.usage.cache_read.input_tokens").ShouldBe(40);
        var spans = heard.Of(request).Where(s => s != request).ToList();
        spans.Select(s => s.OperationName).ShouldBe(["xpyd.route", "xpyd.prefill"]);
        spans.ShouldAllBe(s => s.ParentSpanId == request.SpanId);
        var prefill = spans[1];
        (prefill.StartTimeUtc, prefill.Duration).ShouldBe((began, TimeSpan.FromMilliseconds(5)));
        prefill.GetTagItem("xpyd.engine").ShouldBe("prefill-0");
        prefill.GetTagItem("xpyd.emulated_seconds").ShouldBe(0.01);
    }

    [Fact]
    public void A_trace_that_its_client_does_not_keep_costs_no_span_anywhere()
    {
        using var heard = new Heard(ActivitySamplingResult.PropagationData);
        var request = RequestTracing.StartRequest("chat", "m", "dropped", null, "00-0af7651916cd43dd8448eb211c80319d-b7ad6b7169203331-00");
        RequestTracing.ContextOf(request).ShouldBeNull();
        RequestTracing.BeginHop("route", null).ShouldBeNull();
        RequestTracing.Finish(request, s_observed, "stop");
    }

    [Fact]
    public void A_request_without_a_trace_begins_one_though_its_web_server_has_an_activity_that_nobody_keeps()
    {
        using var heard = new Heard();
        using var host = new Activity("Microsoft.AspNetCore.Hosting.HttpRequestIn").Start();
        host.Recorded.ShouldBeFalse();
        var request = RequestTracing.StartRequest("chat", "m", "fresh", null)!;
        request.ParentSpanId.ShouldBe(default);
        request.TraceId.ShouldNotBe(host.TraceId);
        RequestTracing.ContextOf(request).ShouldNotBeNull();
        RequestTracing.Finish(request, s_observed, "stop");
    }

    [Fact]
    public void A_rejected_request_is_an_error_without_hops()
    {
        using var heard = new Heard();
        var observed = new RequestObservation(RequestOutcome.Rejected, -1, double.NaN, -1, new TtftHops(-1, -1, -1, -1, -1, -1, -1), 100, 0, 0);
        var request = RequestTracing.StartRequest("text_completion", "m", "rejected", null)!;
        RequestTracing.Finish(request, observed, null, "overloaded");
        heard.Of(request).ShouldHaveSingleItem().Status.ShouldBe(ActivityStatusCode.Error);
    }

    [Fact]
    public async Task Traces_and_metrics_reach_an_OTLP_collector_when_one_is_configured()
    {
        var received = new ConcurrentDictionary<string, string>();
        await using var collector = await CollectorAsync(received);
        var builder = Host.CreateApplicationBuilder();
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?> { ["OTEL_EXPORTER_OTLP_ENDPOINT"] = collector.Urls.First(), ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf" });
        builder.Logging.ClearProviders();
        builder.AddServiceDefaults();
        using (var host = builder.Build())
        {
            await host.StartAsync();
            var metrics = (ClusterMetrics)host.Services.GetService(typeof(ClusterMetrics))!;
            metrics.ForCluster("pushed");
            RequestTracing.Finish(RequestTracing.StartRequest("chat", "pushed-model", "1", null), s_observed, "stop");
            await host.StopAsync();
            // Whoever takes too long to leave is ended before the end: what was traced has been said by then.
            received["/v1/traces"].ShouldContain("pushed-model");
        }

        received["/v1/metrics"].ShouldContain("xpyd_goodput_requests");
    }

    [Theory]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4317x y")]
    [InlineData("OTEL_EXPORTER_OTLP_PROTOCOL", "carrier-pigeon")]
    public void A_wrong_setting_is_refused_at_start_naming_itself(string key, string value)
    {
        var builder = Host.CreateApplicationBuilder();
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?> { [key] = value });
        Should.Throw<InvalidOperationException>(() => builder.AddServiceDefaults()).Message.ShouldContain($"{key} = '{value}'");
    }

    private static async Task<WebApplication> CollectorAsync(ConcurrentDictionary<string, string> received)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseSetting("urls", "http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        var app = builder.Build();
        app.Run(async http =>
        {
            using var memory = new MemoryStream();
            await http.Request.Body.CopyToAsync(memory);
            received.AddOrUpdate(http.Request.Path, Encoding.Latin1.GetString(memory.ToArray()), (_, before) => before + Encoding.Latin1.GetString(memory.ToArray()));
            http.Response.StatusCode = StatusCodes.Status200OK;
        });
        await app.StartAsync();
        return app;
    }

    /// <summary>Spans that ended while it lives.</summary>
    private sealed class Heard : IDisposable
    {
        private readonly ConcurrentQueue<Activity> _spans = new();
        private readonly ActivityListener _listener;

        public Heard(ActivitySamplingResult sampled = ActivitySamplingResult.AllDataAndRecorded)
        {
            _listener = new ActivityListener
            {
                ShouldListenTo = source => source.Name == RequestTracing.SourceName,
                Sample = (ref ActivityCreationOptions<ActivityContext> _) => sampled,
                ActivityStopped = _spans.Enqueue,
            };
            ActivitySource.AddActivityListener(_listener);
        }

        public List<Activity> Of(Activity request) => [.. _spans.Where(s => s.TraceId == request.TraceId)];

        public void Dispose() => _listener.Dispose();
    }
}
