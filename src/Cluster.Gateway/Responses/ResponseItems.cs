using System.Text.Json;
using Cluster.Gateway.Requests;
using Cluster.Gateway.Structured;

namespace Cluster.Gateway.Responses;

/// <summary>Items of a response's <c>output</c>: one message, or calls of functions.</summary>
internal static class ResponseItems
{
    public static string MessageId(PlannedChoice choice) => "msg_" + choice.Request.RequestId;

    public static string CallItemId(ToolCall call) => "fc_" + call.Id["call_".Length..];

    /// <summary>The whole list; a call whose name had not come when the answer was cut is none.</summary>
    /// <param name="status">Of the response; calls that are complete are so whatever it is.</param>
    public static void Write(Utf8JsonWriter json, PlannedRequest plan, PlannedChoice choice, ShownAnswer shown, string status)
    {
        json.WriteStartArray();
        if (choice.Calls.Count == 0) WriteMessage(json, plan, choice, shown, status);
        foreach (var call in choice.Calls)
        {
            if (call.Span.NameEnd > shown.Text.Length) break;
            WriteCall(json, choice, call, shown.Text.Length, status);
        }

        json.WriteEndArray();
    }

    /// <param name="shown">Null: it has only begun.</param>
    public static void WriteMessage(Utf8JsonWriter json, PlannedRequest plan, PlannedChoice choice, ShownAnswer? shown, string status)
    {
        json.WriteStartObject();
        json.WriteString("id", MessageId(choice));
        json.WriteStartArray("content");
        if (shown is not null) WriteText(json, plan, shown);
        json.WriteEndArray();
        json.WriteString("role", "assistant");
        json.WriteString("status", status);
        json.WriteString("type", "message");
        json.WriteEndObject();
    }

    /// <summary>The one part of a message.</summary>
    public static void WriteText(Utf8JsonWriter json, PlannedRequest plan, ShownAnswer shown)
    {
        json.WriteStartObject();
        json.WriteStartArray("annotations");
        json.WriteEndArray();
        json.WriteString("text", shown.Text);
        json.WriteString("type", "output_text");
        json.WritePropertyName("logprobs");
        Logprobs.WriteTokens(json, plan, shown.Tokens);
        json.WriteEndObject();
    }

    /// <param name="chars">So much of the answer's text has been written; 0: the call has only begun.</param>
    public static void WriteCall(Utf8JsonWriter json, PlannedChoice choice, ToolCall call, int chars, string status)
    {
        json.WriteStartObject();
        json.WriteString("arguments", CallDeltas.Of(choice.Structured!, call.Span, 0, chars));
        json.WriteString("call_id", call.Id);
        json.WriteString("name", call.Span.Name);
        json.WriteString("type", "function_call");
        json.WriteString("id", CallItemId(call));
        json.WriteString("status", chars >= call.Span.End ? ResponseStatus.Completed : status);
        json.WriteEndObject();
    }
}
