using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net.Http.Json;
using Cluster.Engine.Topology;
using Cluster.Gateway.Live;
using Cluster.ServiceDefaults.Tracing;
using Cluster.Testing;

namespace Cluster.Gateway.Tests.Live;

/// <summary>Spans of requests that real grains served.</summary>
public sealed class LiveTracingTests
{
    private static readonly LiveOptions s_options = new() { Compute = ComputeMode.Modeled, TimeScale = 10 };

    [Fact]
    public async Task A_request_goes_on_with_its_clients_trace_and_shows_a_span_for_each_hop()
    {
        const string TraceId = "4bf92f3577b34da6a3ce929d0e0e4736";
        var (spans, listener) = Listen(TraceId);
        using var _ = listener;
        await using var cluster = await LiveCluster.StartAsync(Clusters.Disaggregated(1, 1), s_options);
        using var http = new HttpClient { BaseAddress = cluster.Endpoint };
        using var request = new HttpRequestMessage(HttpMethod.Post, "v1/completions")
        {
            Content = JsonContent.Create(new { model = "tiny", prompt = Enumerable.Range(0, 100).ToArray(), max_tokens = 5, ignore_eos = true }),
        };
        request.Headers.Add("traceparent", $"00-{TraceId}-00f067aa0ba902b7-01");
        request.Headers.Add("X-Request-Id", "traced");
        using var response = await http.SendAsync(request);
        response.EnsureSuccessStatusCode();

        var root = spans.Single(s => s.ParentId?.EndsWith("00f067aa0ba902b7-01", StringComparison.Ordinal) == true);
        root.OperationName.ShouldBe("text_completion tiny");
        root.GetTagItem("xpyd.request.id").ShouldBe("traced");
        root.GetTagItem("gen_ai.usage.output_tokens").ShouldBe(5);
        root.GetTagItem("gen_ai.response.finish_reasons").ShouldBe(new[] { "length" });
        var engines = spans.Where(s => s.ParentSpanId == root.SpanId).ToDictionary(s => s.OperationName, s => s.GetTagItem("xpyd.engine"));
        engines["xpyd.prefill"].ShouldBe("prefill-0");
        engines["xpyd.kv_transfer"].ShouldBe("decode-0");
        engines["xpyd.decode"].ShouldBe("decode-0");
    }

    private static (ConcurrentQueue<Activity> Spans, ActivityListener Listener) Listen(string traceId)
    {
        var spans = new ConcurrentQueue<Activity>();
        var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == RequestTracing.SourceName,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = span =>
            {
                if (span.TraceId.ToHexString() == traceId) spans.Enqueue(span);
            },
        };
        ActivitySource.AddActivityListener(listener);
        return (spans, listener);
    }
}
