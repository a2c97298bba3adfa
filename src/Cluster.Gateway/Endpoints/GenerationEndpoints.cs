using System.Buffers;
using System.Diagnostics;
using Cluster.Gateway.Backend;
using Cluster.Gateway.Hosting;
using Cluster.Gateway.Requests;
using Cluster.Gateway.Responses;

namespace Cluster.Gateway.Endpoints;

/// <summary><c>/v1/completions</c>, <c>/v1/chat/completions</c> and <c>/v1/responses</c>.</summary>
internal sealed class GenerationEndpoints(IInferenceBackend backend, GatewayOptions options, RequestPlanner planner, Admission admission)
{
    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost("/v1/completions", http => HandleAsync(http, BodyParser.Parse));
        routes.MapPost("/v1/chat/completions", http => HandleAsync(http, BodyParser.ParseChat));
        routes.MapPost("/v1/responses", http => HandleAsync(http, ResponsesParser.Parse));
    }

    private async Task HandleAsync(HttpContext http, Func<ReadOnlySequence<byte>, GenerationBody> parse)
    {
        var receivedAtTicks = Stopwatch.GetTimestamp();
        using var ticket = admission.Enter();
        var body = await RequestBody.ReadAsync(http, parse);
        BodyRules.Check(body, options);
        var model = ModelNamed(backend, body.Model);
        var context = new RequestContext(
            RequestIds.Of(http), RequestIds.SessionOf(http), receivedAtTicks,
            RequestIds.TraceHeader(http, "traceparent"), RequestIds.TraceHeader(http, "tracestate"));
        var plan = planner.Plan(body, model, context);
        using var trace = new ChoicesTrace(plan, context);
        var streams = new IInferenceStream[plan.Choices.Length];
        var submitted = 0;
        try
        {
            for (; submitted < streams.Length; submitted++)
                streams[submitted] = await backend.SubmitAsync(trace.Of(plan.Choices[submitted]), http.RequestAborted);
            // Whoever cancels first, the client by leaving or the drain by its limit, the backend frees slot and blocks.
            using var onLeave = http.RequestAborted.UnsafeRegister(CancelAll, streams);
            using var onDrain = admission.Stopped.UnsafeRegister(CancelAll, streams);
            await (body.Stream ? StreamingResponder.RunAsync(http, plan, streams) : BufferedResponder.RunAsync(http, plan, streams));
            trace.Complete();
        }
        finally
        {
            // After an ordinary end this does nothing; after a failure it leaves no orphan behind.
            for (var i = 0; i < submitted; i++) streams[i].Cancel();
        }
    }

    /// <exception cref="ApiException">404, in vLLM's words.</exception>
    internal static ServedModel ModelNamed(IInferenceBackend backend, string? name)
    {
        if (string.IsNullOrEmpty(name)) return backend.Models[0];
        foreach (var model in backend.Models)
        {
            if (model.AnswersTo(name)) return model;
        }

        throw ApiException.ModelNotFound(name);
    }

    private static void CancelAll(object? streams)
    {
        foreach (var stream in (IInferenceStream?[])streams!) stream?.Cancel();
    }
}
