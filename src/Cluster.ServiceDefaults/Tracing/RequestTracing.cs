using System.Diagnostics;
using Cluster.Engine.Units;
using Cluster.ServiceDefaults.Catalogue;
using Cluster.ServiceDefaults.Recording;

namespace Cluster.ServiceDefaults.Tracing;

/// <summary>
/// Spans of requests: one trace each, one span per hop, attributes by OpenTelemetry's GenAI semantic conventions where
/// they exist and <c>xpyd.*</c> where not. Without a listener every method returns null and costs nothing.
/// </summary>
public static class RequestTracing
{
    /// <summary>Name of the source; part of what <c>AddServiceDefaults</c> exports.</summary>
    public const string SourceName = "Cluster.Requests";

    private static readonly ActivitySource s_source = new(SourceName);
    private static readonly string[] s_hopSpans = [.. MetricLabels.Hop.Values.Select(hop => "xpyd." + hop)];

    /// <summary>Starts the request's own span, at the gateway. Dispose it through <see cref="Finish"/>.</summary>
    /// <param name="operation"><c>chat</c> or <c>text_completion</c>.</param>
    /// <param name="traceparent">The client's header of that name, so that its trace goes on; null begins a new one.</param>
    /// <param name="receivedAtTicks">Stopwatch ticks when the request came, where the span begins; 0: now.</param>
    public static Activity? StartRequest(
        string operation, string model, string requestId, int? maxTokens, string? traceparent = null, string? tracestate = null, long receivedAtTicks = 0)
    {
        if (!s_source.HasListeners()) return null;
        ActivityContext.TryParse(traceparent, tracestate, isRemote: true, out var parent);
        var span = s_source.StartActivity($"{operation} {model}", ActivityKind.Server, parent, startTime: StartTime(receivedAtTicks));
        if (span is null) return null;
        span.SetTag("gen_ai.operation.name", operation);
        span.SetTag("gen_ai.provider.name", "xpyd");
        span.SetTag("gen_ai.request.model", model);
        span.SetTag("xpyd.request.id", requestId);
        if (maxTokens is { } limit) span.SetTag("gen_ai.request.max_tokens", limit);
        return span;
    }

    /// <summary>
    /// Adds a span per hop of TTFT and one for decoding beneath the request's span, from the times that were measured. Hops are
    /// emulated time; in the trace they stand where they passed in wall time.
    /// </summary>
    /// <param name="timeScale">Emulated seconds per wall second.</param>
    /// <param name="prefillEngine">Instance of the prefill hops; null when unknown.</param>
    /// <param name="decodeEngine">Instance of the others.</param>
    public static void AddHops(Activity? request, in RequestObservation observed, double timeScale, string? prefillEngine, string? decodeEngine)
    {
        if (request is null) return;
        if (!(timeScale > 0)) throw new ArgumentOutOfRangeException(nameof(timeScale), timeScale, "Emulated seconds per wall second must be above 0.");
        long passedNs = 0;
        for (var hop = 0; hop < s_hopSpans.Length; hop++)
        {
            var durationNs = observed.Hops[hop];
            if (durationNs <= 0) continue;
            Add(request, s_hopSpans[hop], passedNs, durationNs, timeScale, hop is 2 or 3 ? prefillEngine : hop > 3 ? decodeEngine : null);
            passedNs += durationNs;
        }

        if (observed.TtftNs >= 0 && observed.E2eNs > observed.TtftNs)
            Add(request, "xpyd.decode", observed.TtftNs, observed.E2eNs - observed.TtftNs, timeScale, decodeEngine);
    }

    /// <summary>Ends the request's span with its outcome and usage.</summary>
    /// <param name="finishReason"><c>stop</c>, <c>length</c> …; null when it did not finish.</param>
    public static void Finish(Activity? request, in RequestObservation observed, string? finishReason, string? error = null)
    {
        if (request is null) return;
        request.SetTag("gen_ai.usage.input_tokens", observed.PromptTokens);
        request.SetTag("gen_ai.usage.output_tokens", observed.OutputTokens);
        request.SetTag("xpyd.usage.cached_tokens", observed.CachedTokens);
        request.SetTag("xpyd.outcome", MetricLabels.Outcome.Values[(int)observed.Outcome]);
        if (observed.TtftNs >= 0) request.SetTag("xpyd.ttft_seconds", Time.ToSeconds(observed.TtftNs));
        if (observed.E2eNs >= 0) request.SetTag("xpyd.e2e_seconds", Time.ToSeconds(observed.E2eNs));
        if (finishReason is not null) request.SetTag("gen_ai.response.finish_reasons", new[] { finishReason });
        if (observed.Outcome is RequestOutcome.Failed or RequestOutcome.Rejected)
        {
            request.SetTag("error.type", MetricLabels.Outcome.Values[(int)observed.Outcome]);
            request.SetStatus(ActivityStatusCode.Error, error);
        }

        request.Dispose();
    }

    private static DateTimeOffset StartTime(long receivedAtTicks) =>
        receivedAtTicks == 0 ? default : DateTimeOffset.UtcNow - Stopwatch.GetElapsedTime(receivedAtTicks);

    private static void Add(Activity request, string name, long startNs, long durationNs, double timeScale, string? engine)
    {
        var start = request.StartTimeUtc + Wall(startNs, timeScale);
        using var span = s_source.StartActivity(name, ActivityKind.Internal, request.Context, startTime: start);
        if (span is null) return;
        span.SetTag("xpyd.emulated_seconds", Time.ToSeconds(durationNs));
        if (engine is not null) span.SetTag("xpyd.engine", engine);
        span.SetEndTime(start + Wall(durationNs, timeScale));
    }

    private static TimeSpan Wall(long emulatedNs, double timeScale) => TimeSpan.FromTicks((long)(emulatedNs / timeScale / TimeSpan.NanosecondsPerTick));
}
