using System.Diagnostics;
using Cluster.Engine.Units;
using Cluster.ServiceDefaults.Catalogue;
using Cluster.ServiceDefaults.Recording;

namespace Cluster.ServiceDefaults.Tracing;

/// <summary>
/// Spans of requests: one trace each, one span per hop, made in the process where the hop passes, attributes by OpenTelemetry's GenAI semantic conventions where
/// they exist and <c>xpyd.*</c> where not. Without a listener every method returns null and costs nothing.
/// </summary>
public static class RequestTracing
{
    /// <summary>Name of the source; part of what <c>AddServiceDefaults</c> exports.</summary>
    public const string SourceName = "Cluster.Requests";

    private static readonly ActivitySource s_source = new(SourceName);

    /// <summary>What follows the hops of TTFT.</summary>
    public const string Decode = "decode";

    /// <summary>Starts the request's own span, at the gateway. Dispose it through <see cref="Finish"/>.</summary>
    /// <param name="operation"><c>chat</c> or <c>text_completion</c>.</param>
    /// <param name="traceparent">The client's header of that name, so that its trace goes on; null begins a new one.</param>
    /// <param name="receivedAtTicks">Stopwatch ticks when the request came, where the span begins; 0: now.</param>
    /// <param name="choice">Index, of one of several choices, whose span is part of the request's; null: the request has but one.</param>
    public static Activity? StartRequest(
        string operation, string model, string requestId, int? maxTokens, string? traceparent = null, string? tracestate = null, long receivedAtTicks = 0, int? choice = null)
    {
        if (!s_source.HasListeners()) return null;
        ActivityContext.TryParse(traceparent, tracestate, isRemote: true, out var parent);
        // The web server has an activity of its own for every call, which nobody keeps: a span beneath it would not be kept, either.
        var host = Activity.Current;
        if (host is { Recorded: false }) Activity.Current = null;
        var span = s_source.StartActivity($"{operation} {model}", choice is null ? ActivityKind.Server : ActivityKind.Internal, parent, startTime: StartTime(receivedAtTicks));
        if (span is null)
        {
            Activity.Current = host;
            return null;
        }

        if (choice is { } index) span.SetTag("xpyd.choice.index", index);
        span.SetTag("gen_ai.operation.name", operation);
        span.SetTag("gen_ai.provider.name", "xpyd");
        span.SetTag("gen_ai.request.model", model);
        span.SetTag("gen_ai.response.model", model);
        span.SetTag("xpyd.request.id", requestId);
        if (maxTokens is { } limit) span.SetTag("gen_ai.request.max_tokens", limit);
        return span;
    }

    /// <summary>Starts the span over several choices of one request; each choice's own goes beneath it, by <see cref="ContextOf"/>. Null when nobody listens.</summary>
    /// <param name="choices">How many.</param>
    public static Activity? StartChoices(string operation, string model, string requestId, int choices, int? maxTokens, string? traceparent, string? tracestate, long receivedAtTicks)
    {
        var span = StartRequest(operation, model, requestId, maxTokens, traceparent, tracestate, receivedAtTicks);
        span?.SetTag("gen_ai.request.choice.count", choices);
        return span;
    }

    /// <summary>Ends the span over several choices.</summary>
    /// <param name="outputTokens">Of all choices.</param>
    /// <param name="finishReasons">In the order of the choices; null when the request did not come to its end.</param>
    public static void FinishChoices(Activity? request, int inputTokens, int outputTokens, string[]? finishReasons)
    {
        if (request is null) return;
        request.SetTag("gen_ai.usage.input_tokens", inputTokens);
        if (finishReasons is null)
        {
            request.SetStatus(ActivityStatusCode.Error, "Not every choice came to its end.");
        }
        else
        {
            request.SetTag("gen_ai.usage.output_tokens", outputTokens);
            request.SetTag("gen_ai.response.finish_reasons", finishReasons);
        }

        request.Dispose();
    }

    /// <summary>The span's W3C context, to travel in messages to whoever serves the request; null when its trace is not kept.</summary>
    public static string? ContextOf(Activity? request) => request is { Recorded: true } ? request.Id : null;

    /// <summary>Begins the span of a hop that passes in this process from now on; dispose it when it has passed.</summary>
    /// <param name="hop">As in <see cref="MetricLabels.Hop"/>.</param>
    /// <param name="context">As <see cref="ContextOf"/> gave it, in whichever process; null: no span.</param>
    public static Activity? BeginHop(string hop, string? context) =>
        context is not null && ActivityContext.TryParse(context, null, isRemote: true, out var parent)
            ? s_source.StartActivity(HopName(hop), ActivityKind.Internal, parent)
            : null;

    /// <summary>Adds the span of a hop that has passed in this process; one that took no time has none.</summary>
    /// <param name="emulatedNs">Its length in emulated time; <paramref name="startUtc"/> and <paramref name="endUtc"/> are when it passed in wall time.</param>
    /// <param name="engine">The instance where it passed; null: none.</param>
    public static void HopPassed(
        string hop, string? context, DateTime startUtc, DateTime endUtc, long emulatedNs, string? engine, params ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        if (emulatedNs <= 0 || context is null || !ActivityContext.TryParse(context, null, isRemote: true, out var parent)) return;
        // Made when the hop is over, among whatever else runs now: what runs now is no child of it.
        var around = Activity.Current;
        using var span = s_source.StartActivity(HopName(hop), ActivityKind.Internal, parent, startTime: startUtc);
        Activity.Current = around;
        if (span is null) return;
        span.SetTag("xpyd.emulated_seconds", Time.ToSeconds(emulatedNs));
        if (engine is not null) span.SetTag("xpyd.engine", engine);
        foreach (var (name, value) in tags) span.SetTag(name, value);
        span.SetEndTime(endUtc);
    }

    /// <summary>Ends the request's span with its outcome and usage.</summary>
    /// <param name="finishReason"><c>stop</c>, <c>length</c> …; null when it did not finish.</param>
    public static void Finish(Activity? request, in RequestObservation observed, string? finishReason, string? error = null)
    {
        if (request is null) return;
        request.SetTag("gen_ai.usage.input_tokens", observed.PromptTokens);
        request.SetTag("gen_ai.usage.output_tokens", observed.OutputTokens);
        request.SetTag("gen_ai.usage.cache_read.input_tokens", observed.CachedTokens);
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

    private static string HopName(string hop) => "xpyd." + hop;
}
