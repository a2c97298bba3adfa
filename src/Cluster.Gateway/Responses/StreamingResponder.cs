using System.IO.Pipelines;
using Cluster.Gateway.Backend;
using Cluster.Gateway.Requests;

namespace Cluster.Gateway.Responses;

/// <summary>Answers with server-sent events: one flush per engine step and request, one event per token, whatever the API.</summary>
internal static class StreamingResponder
{
    public static async Task RunAsync(HttpContext http, PlannedRequest plan, IInferenceStream[] streams)
    {
        // Nothing is sent before the first token, so that a request rejected by the router can still be answered 429.
        var first = await streams[0].ReadAsync();
        if (first.End is StreamEnd.Rejected rejected) throw ApiException.Overloaded(rejected.Reason, rejected.RetryAfter);
        if (first.End is StreamEnd.Aborted && first.Count == 0) throw ApiException.Unavailable("The request was aborted before its first token.", TimeSpan.FromSeconds(1));
        if (first.End is StreamEnd.Failed failed && first.Count == 0) throw new ApiException(500, "InternalServerError", failed.Error);
        http.Response.ContentType = "text/event-stream; charset=utf-8";
        http.Response.Headers.CacheControl = "no-cache";
        http.Response.Headers["X-Accel-Buffering"] = "no";
        var writer = http.Response.BodyWriter;
        var events = Array.ConvertAll(plan.Choices, choice => AnswerEvents.Of(plan, choice));
        var usages = new StreamUsage[streams.Length];
        if (streams.Length == 1)
        {
            usages[0] = await PumpAsync(writer, events[0], streams[0], first, null);
        }
        else
        {
            using var gate = new SemaphoreSlim(1);
            var pumps = new Task<StreamUsage>[streams.Length];
            for (var i = 0; i < streams.Length; i++)
            {
                var delta = i == 0 ? first : await streams[i].ReadAsync();
                pumps[i] = PumpAsync(writer, events[i], streams[i], delta, gate);
            }

            usages = await Task.WhenAll(pumps);
        }

        events[0].End(writer, BufferedResponder.Total(plan, usages));
        await writer.FlushAsync();
    }

    /// <param name="gate">Guards the writer when several choices share it; null for one.</param>
    private static async Task<StreamUsage> PumpAsync(PipeWriter writer, AnswerEvents events, IInferenceStream stream, TokenDelta delta, SemaphoreSlim? gate)
    {
        var hasBegun = false;
        while (true)
        {
            if (gate is not null) await gate.WaitAsync();
            try
            {
                if (!hasBegun) events.Begin(writer);
                hasBegun = true;
                events.Write(writer, delta.Count, delta.End is StreamEnd.Finished finished ? finished.Reason : null);
                WriteTrouble(writer, events, delta.End);

                // The last flush of a lone choice is left to the caller, which has more to say.
                if (delta.End is null || gate is not null) await writer.FlushAsync();
            }
            finally
            {
                gate?.Release();
            }

            if (delta.End is not null) return delta.End.Usage with { OutputTokens = events.Tokens };
            delta = await stream.ReadAsync();
        }
    }

    private static void WriteTrouble(PipeWriter writer, AnswerEvents events, StreamEnd? end)
    {
        switch (end)
        {
            case StreamEnd.Failed failed:
                events.Trouble(writer, failed.Error, "InternalServerError", 500);
                break;
            case StreamEnd.Aborted:
                events.Trouble(writer, "The request was aborted.", "ServiceUnavailableError", 503);
                break;
            case StreamEnd.Rejected rejected:
                events.Trouble(writer, rejected.Reason, "TooManyRequestsError", 429);
                break;
        }
    }

    public static string Word(this FinishReason reason) => reason == FinishReason.Stop ? "stop" : "length";
}
