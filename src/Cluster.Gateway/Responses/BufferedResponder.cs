using System.Buffers;
using System.Text.Json;
using Cluster.Gateway.Backend;
using Cluster.Gateway.Requests;
using Cluster.Gateway.Text;

namespace Cluster.Gateway.Responses;

/// <summary>Answers with one JSON document once all choices have ended.</summary>
internal static class BufferedResponder
{
    public static async Task RunAsync(HttpContext http, PlannedRequest plan, IInferenceStream[] streams)
    {
        var ends = new StreamEnd[streams.Length];
        for (var i = 0; i < streams.Length; i++) ends[i] = await EndOfAsync(streams[i]);
        foreach (var end in ends) ThrowIfTrouble(end);
        var usages = Array.ConvertAll(ends, e => e.Usage);
        var body = new ArrayBufferWriter<byte>(4096);
        Write(body, plan, Array.ConvertAll(ends, e => (StreamEnd.Finished)e), Total(plan, usages));
        await JsonBody.SendAsync(http, body.WrittenMemory);
    }

    /// <summary>Prompts count once each, however many samples; cached tokens likewise.</summary>
    public static Usage Total(PlannedRequest plan, StreamUsage[] usages)
    {
        var cached = 0;
        for (var i = 0; i < usages.Length; i += plan.Body.N) cached += usages[i].CachedTokens;
        return new Usage(plan.PromptTokens, usages.Sum(u => u.OutputTokens), cached, plan.Body.ReturnHops ? usages[0].Hops : null);
    }

    private static async ValueTask<StreamEnd> EndOfAsync(IInferenceStream stream)
    {
        while (true)
        {
            var delta = await stream.ReadAsync();
            if (delta.End is not null) return delta.End;
        }
    }

    private static void ThrowIfTrouble(StreamEnd end)
    {
        switch (end)
        {
            case StreamEnd.Rejected rejected: throw ApiException.Overloaded(rejected.Reason, rejected.RetryAfter);
            case StreamEnd.Failed failed: throw new ApiException(500, "InternalServerError", failed.Error);
            case StreamEnd.Aborted: throw ApiException.Unavailable("The request was aborted.", TimeSpan.FromSeconds(1));
        }
    }

    private static void Write(IBufferWriter<byte> writer, PlannedRequest plan, StreamEnd.Finished[] ends, Usage usage)
    {
        using var json = new Utf8JsonWriter(writer, JsonBody.Readable);
        if (plan.Body.Api == GenerationApi.Responses) ResponseObject.Write(json, plan, ends[0], usage);
        else WriteChoices(json, plan, ends, usage);
    }

    private static void WriteChoices(Utf8JsonWriter json, PlannedRequest plan, StreamEnd.Finished[] ends, Usage usage)
    {
        json.WriteStartObject();
        json.WriteString("id", plan.Id);
        json.WriteString("object", plan.IsChat ? "chat.completion" : "text_completion");
        json.WriteNumber("created", plan.CreatedUnixSeconds);
        json.WriteString("model", plan.Model.Name);
        json.WriteStartArray("choices");
        for (var i = 0; i < ends.Length; i++) WriteChoice(json, plan, plan.Choices[i], ends[i]);
        json.WriteEndArray();
        json.WritePropertyName("usage");
        usage.Write(json);
        json.WriteEndObject();
    }

    private static void WriteChoice(Utf8JsonWriter json, PlannedRequest plan, PlannedChoice choice, StreamEnd.Finished end)
    {
        var shown = ShownAnswer.Of(plan, choice, plan.Body.IsEchoOnly ? 0 : end.Usage.OutputTokens);
        var echoes = plan.Body.Echo && !plan.IsChat;
        var text = echoes ? PromptText.Of(plan, choice) + shown.Text : shown.Text;
        var prompt = plan.ShowsLogprobs && echoes ? PromptText.Tokens(plan, choice) : [];
        List<EmittedToken> tokens = [.. prompt, .. shown.Tokens];

        json.WriteStartObject();
        json.WriteNumber("index", choice.Index);
        if (plan.IsChat) WriteMessage(json, choice, text);
        else json.WriteString("text", text);
        json.WritePropertyName("logprobs");
        if (!plan.ShowsLogprobs) json.WriteNullValue();
        else if (plan.IsChat) Logprobs.WriteChat(json, plan, tokens);
        else Logprobs.WriteCompletion(json, plan, tokens, 0, startsText: prompt.Count > 0);
        json.WriteString("finish_reason", choice.FinishWord(end.Reason));
        json.WritePropertyName("stop_reason");
        JsonSerializer.Serialize(json, choice.StopReason);
        json.WriteEndObject();
    }

    private static void WriteMessage(Utf8JsonWriter json, PlannedChoice choice, string text)
    {
        json.WriteStartObject("message");
        json.WriteString("role", "assistant");
        if (choice.Structured is { HasNoContent: true }) json.WriteNull("content");
        else json.WriteString("content", choice.Calls.Count > 0 ? "" : text);
        json.WriteNull("refusal");
        CallDeltas.Write(json, choice.Structured, text.Length);
        json.WriteEndObject();
    }
}
