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
        var hops = await HopsAsync(spans, root, "xpyd.decode");
        // Of a lone request some waits take no time, and what takes none has no span.
        hops.Select(h => h.OperationName).Except(["xpyd.prefill_queue", "xpyd.kv_alloc", "xpyd.decode_queue"])
            .ShouldBe(["xpyd.tokenize", "xpyd.route", "xpyd.prefill", "xpyd.kv_transfer", "xpyd.decode"], ignoreOrder: true);
        hops.Select(h => h.OperationName).ShouldBeUnique();
        hops.ShouldAllBe(h => h.ParentSpanId == root.SpanId && h.StartTimeUtc >= root.StartTimeUtc.AddMilliseconds(-1));
        var (route, prefill, transfer, decode) = (Of("route"), Of("prefill"), Of("kv_transfer"), Of("decode"));
        route.GetTagItem("xpyd.router.decode").ShouldBe("decode-0");
        prefill.GetTagItem("xpyd.engine").ShouldBe("prefill-0");
        transfer.GetTagItem("xpyd.link.source").ShouldBe("prefill-0");
        // 100 tokens are seven blocks of 16 tokens of 131,072 bytes each.
        transfer.GetTagItem("xpyd.link.bytes").ShouldBe(7 * 16 * 131_072L);
        decode.GetTagItem("xpyd.engine").ShouldBe("decode-0");
        decode.GetTagItem("gen_ai.usage.output_tokens").ShouldBe(5);
        decode.GetTagItem("xpyd.outcome").ShouldBe("completed");
        foreach (var (before, after) in (IEnumerable<(Activity, Activity)>)[(prefill, transfer), (transfer, decode)])
            (before.StartTimeUtc + before.Duration).ShouldBeLessThanOrEqualTo(after.StartTimeUtc.AddMilliseconds(1));

        Activity Of(string hop) => hops.Single(h => h.OperationName == "xpyd." + hop);
    }

    [Fact]
    public async Task A_response_is_traced_as_a_chat()
    {
        const string TraceId = "4bf92f3577b34da6a3ce929d0e0e4737";
        var (spans, listener) = Listen(TraceId);
        using var _ = listener;
        await using var cluster = await LiveCluster.StartAsync(Clusters.Aggregated(1), s_options);
        using var http = new HttpClient { BaseAddress = cluster.Endpoint };
        using var request = new HttpRequestMessage(HttpMethod.Post, "v1/responses") { Content = JsonContent.Create(new { input = "Hi", max_output_tokens = 5 }) };
        request.Headers.Add("traceparent", $"00-{TraceId}-00f067aa0ba902b7-01");
        using var response = await http.SendAsync(request);
        response.EnsureSuccessStatusCode();

        var root = spans.Single(s => s.ParentId?.EndsWith("00f067aa0ba902b7-01", StringComparison.Ordinal) == true);
        root.OperationName.ShouldBe("chat tiny");
        root.GetTagItem("gen_ai.usage.output_tokens").ShouldBe(5);
        root.GetTagItem("gen_ai.response.finish_reasons").ShouldBe(new[] { "length" });
    }

    [Fact]
    public async Task Each_of_several_choices_has_a_span_with_its_hops_in_the_request_s_trace()
    {
        const string TraceId = "4bf92f3577b34da6a3ce929d0e0e4738";
        var (spans, listener) = Listen(TraceId);
        using var _ = listener;
        await using var cluster = await LiveCluster.StartAsync(Clusters.Disaggregated(1, 1), s_options);
        using var http = new HttpClient { BaseAddress = cluster.Endpoint };
        http.DefaultRequestHeaders.Add("traceparent", $"00-{TraceId}-00f067aa0ba902b7-01");
        using var response = await http.PostAsJsonAsync(
            "v1/completions", new { model = "tiny", prompt = Enumerable.Range(0, 100).ToArray(), max_tokens = 5, n = 3, ignore_eos = true });
        response.EnsureSuccessStatusCode();

        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (spans.Count(s => s.OperationName == "xpyd.decode") < 3 || !spans.Any(s => s.Kind == ActivityKind.Server)) await Task.Delay(1, limit.Token);
        var root = spans.Single(s => s.Kind == ActivityKind.Server);
        root.ParentSpanId.ToHexString().ShouldBe("00f067aa0ba902b7");
        root.GetTagItem("gen_ai.usage.input_tokens").ShouldBe(100);
        root.GetTagItem("gen_ai.usage.output_tokens").ShouldBe(15);
        root.GetTagItem("gen_ai.response.finish_reasons").ShouldBe(new[] { "length", "length", "length" });
        var choices = spans.Where(s => s.ParentSpanId == root.SpanId).ToList();
        choices.Select(c => c.GetTagItem("xpyd.choice.index")).ShouldBe([0, 1, 2], ignoreOrder: true);
        choices.ShouldAllBe(c => Equals(c.GetTagItem("gen_ai.usage.output_tokens"), 5));
        foreach (var hop in (string[])["xpyd.route", "xpyd.prefill", "xpyd.decode"])
            spans.Where(s => s.OperationName == hop).Select(s => s.ParentSpanId.ToHexString()).ShouldBe(choices.Select(c => c.SpanId.ToHexString()), ignoreOrder: true);
    }

    [Fact]
    public async Task A_request_that_moves_on_shows_where_it_was_lost()
    {
        const string TraceId = "4bf92f3577b34da6a3ce929d0e0e4737";
        var (spans, listener) = Listen(TraceId);
        using var _ = listener;
        await using var cluster = await LiveCluster.StartAsync(Clusters.Aggregated(2, router: new Engine.Topology.RouterSpec("least-requests")), s_options with { TimeScale = 1 });
        using var http = new HttpClient { BaseAddress = cluster.Endpoint };
        http.DefaultRequestHeaders.Add("traceparent", $"00-{TraceId}-00f067aa0ba902b7-01");
        var running = http.CompleteAsync(200);
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        string? victim = null;
        while ((victim = (await cluster.GetSnapshotAsync()).Instances.FirstOrDefault(i => i.GenerationTokens > 0)?.Name) is null) limit.Token.ThrowIfCancellationRequested();
        await http.AdminAsync(HttpMethod.Post, "faults", new { kind = "crash", target = victim });
        (await running).ShouldBe(200);

        var root = spans.Single(s => s.OperationName.StartsWith("text_completion", StringComparison.Ordinal));
        var decodes = (await HopsAsync(spans, root, "xpyd.decode", count: 2)).Where(h => h.OperationName == "xpyd.decode").ToList();
        decodes.Single(d => (string?)d.GetTagItem("xpyd.engine") == victim).GetTagItem("xpyd.outcome").ShouldBe("lost");
        decodes.Single(d => (string?)d.GetTagItem("xpyd.engine") != victim).GetTagItem("xpyd.outcome").ShouldBe("completed");
    }

    /// <summary>Spans beneath the request's. Those of instances may end a moment after the client has its answer.</summary>
    private static async Task<List<Activity>> HopsAsync(ConcurrentQueue<Activity> spans, Activity root, string last, int count = 1)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (spans.Count(s => s.OperationName == last) < count) await Task.Delay(1, limit.Token);
        return [.. spans.Where(s => s != root)];
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
