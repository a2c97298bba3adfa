using System.Text.Json;
using Cluster.Gateway.Backend;
using Cluster.Gateway.Requests;

namespace Cluster.Gateway.Responses;

/// <summary>How far a response, or an item of one, has come; in OpenAI's words.</summary>
internal static class ResponseStatus
{
    public const string InProgress = "in_progress";
    public const string Completed = "completed";
    public const string Incomplete = "incomplete";
    public const string Failed = "failed";

    public static string Of(FinishReason reason) => reason == FinishReason.Length ? Incomplete : Completed;
}

/// <summary>The <c>response</c> object, in vLLM's order of fields; streamed events carry it, too.</summary>
internal static class ResponseObject
{
    /// <summary>A whole answer.</summary>
    public static void Write(Utf8JsonWriter json, PlannedRequest plan, StreamEnd.Finished end, Usage usage)
    {
        var choice = plan.Choices[0];
        var status = ResponseStatus.Of(end.Reason);
        Write(json, plan, status, () => ResponseItems.Write(json, plan, choice, ShownAnswer.Of(plan, choice, end.Usage.OutputTokens), status), usage);
    }

    /// <param name="writeOutput">Writes the list of items; null: there are none yet.</param>
    /// <param name="usage">Null: not known yet.</param>
    /// <param name="error">What broke; null: nothing.</param>
    public static void Write(Utf8JsonWriter json, PlannedRequest plan, string status, Action? writeOutput = null, Usage? usage = null, (string Code, string Message)? error = null)
    {
        var (body, fields) = (plan.Body, plan.Body.Responses!);
        json.WriteStartObject();
        json.WriteString("id", plan.Id);
        json.WriteNumber("created_at", plan.CreatedUnixSeconds);
        WriteEnd(json, status, error);
        json.WriteString("instructions", fields.Instructions);
        WriteRaw(json, "metadata", fields.Metadata);
        json.WriteString("model", plan.Model.Name);
        json.WriteString("object", "response");
        json.WritePropertyName("output");
        if (writeOutput is null) json.WriteRawValue("[]"u8);
        else writeOutput();
        json.WriteBoolean("parallel_tool_calls", body.ParallelToolCalls);
        json.WriteNumber("temperature", body.Temperature ?? 1);
        WriteRaw(json, "tool_choice", fields.ToolChoice ?? "\"auto\""u8);
        WriteRaw(json, "tools", fields.Tools ?? "[]"u8);
        json.WriteNumber("top_p", body.TopP);
        json.WriteBoolean("background", false);
        json.WriteNumber("max_output_tokens", body.OutputLimit ?? plan.Model.MaxModelLen - plan.PromptTokens);
        WriteNumber(json, "max_tool_calls", fields.MaxToolCalls);
        json.WriteNull("previous_response_id");
        json.WriteNull("prompt");
        WriteRaw(json, "reasoning", fields.Reasoning);
        json.WriteString("service_tier", fields.ServiceTier);
        json.WriteString("status", status);
        // Said, because clients ask for it without knowing, and would look for the answer later.
        json.WriteBoolean("store", false);
        WriteRaw(json, "text", fields.Text);
        WriteNumber(json, "top_logprobs", plan.ShowsLogprobs ? body.TopLogprobs : null);
        json.WriteString("truncation", fields.Truncation);
        json.WritePropertyName("usage");
        if (usage is null) json.WriteNullValue();
        else usage.WriteForResponses(json);
        json.WriteString("user", body.User);
        json.WriteEndObject();
    }

    private static void WriteEnd(Utf8JsonWriter json, string status, (string Code, string Message)? error)
    {
        if (error is var (code, message))
        {
            json.WriteStartObject("error");
            json.WriteString("code", code);
            json.WriteString("message", message);
            json.WriteEndObject();
        }

        if (status == ResponseStatus.Incomplete)
        {
            json.WriteStartObject("incomplete_details");
            json.WriteString("reason", "max_output_tokens");
            json.WriteEndObject();
        }
        else
        {
            json.WriteNull("incomplete_details");
        }
    }

    private static void WriteRaw(Utf8JsonWriter json, string name, ReadOnlySpan<byte> value)
    {
        json.WritePropertyName(name);
        if (value.IsEmpty) json.WriteNullValue();
        else json.WriteRawValue(value, skipInputValidation: true);
    }

    private static void WriteNumber(Utf8JsonWriter json, string name, int? value)
    {
        if (value is { } number) json.WriteNumber(name, number);
        else json.WriteNull(name);
    }
}
