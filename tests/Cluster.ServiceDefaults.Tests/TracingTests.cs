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
    public void A_request_is_one_trace_whose_hops_follow_each_other_and_end_with_decoding()
    {
        using var heard = new Heard();
        var request = RequestTracing.StartRequest("chat", "m", "hops", 64, "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")!;
        RequestTracing.AddHops(request, s_observed, timeScale: 2, "prefill-0", "decode-1");
        RequestTracing.Finish(request, s_observed, "stop");

        request.TraceId.ToHexString().ShouldBe("0af7651916cd43dd8448eb211c80319c");
        request.GetTagItem("gen_ai.usage.output_tokens").ShouldBe(12);
        var spans = heard.Of(request).Where(s => s != request).ToList();
        spans.Select(s => s.OperationName).ShouldBe(
            ["xpyd.tokenize", "xpyd.route", "xpyd.prefill_queue", "xpyd.prefill", "xpyd.kv_alloc", "xpyd.kv_transfer", "xpyd.decode_queue", "xpyd.decode"]);
        spans.ShouldAllBe(s => s.ParentSpanId == request.SpanId);
        for (var i = 1; i < spans.Count; i++) spans[i].StartTimeUtc.ShouldBe(spans[i - 1].StartTimeUtc + spans[i - 1].Duration);
        (spans[^1].StartTimeUtc + spans[^1].Duration - request.StartTimeUtc).ShouldBe(TimeSpan.FromMilliseconds(64), "128 emulated ms at scale 2");
        spans.Single(s => s.OperationName == "xpyd.prefill").GetTagItem("xpyd.engine").ShouldBe("prefill-0");
    }

    [Fact]
    public void A_rejected_request_is_an_error_without_hops()
    {
        using var heard = new Heard();
        var observed = new RequestObservation(RequestOutcome.Rejected, -1, double.NaN, -1, new TtftHops(-1, -1, -1, -1, -1, -1, -1), 100, 0, 0);
        var request = RequestTracing.StartRequest("text_completion", "m", "rejected", null)!;
        RequestTracing.AddHops(request, observed, 1, null, null);
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
        }

        received["/v1/traces"].ShouldContain("pushed-model");
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

        public Heard()
        {
            _listener = new ActivityListener
            {
                ShouldListenTo = source => source.Name == RequestTracing.SourceName,
                Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
                ActivityStopped = _spans.Enqueue,
            };
            ActivitySource.AddActivityListener(_listener);
        }

        public List<Activity> Of(Activity request) => [.. _spans.Where(s => s.TraceId == request.TraceId)];

        public void Dispose() => _listener.Dispose();
    }
}
