using System.Buffers;
using System.Text;
using System.Text.Json;
using Cluster.Gateway.Structured;

namespace Cluster.Gateway.Responses;

/// <summary>
/// Calls of functions as clients get them. In a stream a call's first delta brings index, id and name, the later ones the arguments in
/// pieces; what the model writes around them (brackets, tags) shows nowhere.
/// </summary>
internal sealed class CallDeltas(StructuredAnswer answer)
{
    private int _shown;

    /// <summary>What the text up to <paramref name="chars"/> adds to what was taken before: the value of <c>tool_calls</c>; null: nothing.</summary>
    public string? Take(int chars)
    {
        var (from, buffer) = (_shown, new ArrayBufferWriter<byte>(128));
        _shown = chars;
        using var json = new Utf8JsonWriter(buffer, JsonBody.Readable);
        json.WriteStartArray();
        var isEmpty = true;
        for (var i = 0; i < answer.Calls.Count; i++)
        {
            var span = answer.Calls[i].Span;
            var opens = from < span.NameEnd && span.NameEnd <= chars;
            var piece = Of(answer, span, from, chars);
            if (!opens && piece.Length == 0) continue;
            isEmpty = false;
            json.WriteStartObject();
            if (opens) WriteHead(json, answer.Calls[i]);
            json.WriteNumber("index", i);
            json.WriteStartObject("function");
            if (opens) json.WriteString("name", span.Name);
            json.WriteString("arguments", piece);
            json.WriteEndObject();
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.Flush();
        return isEmpty ? null : Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    /// <summary>A whole message's calls, as far as the text up to <paramref name="chars"/> holds them.</summary>
    public static void Write(Utf8JsonWriter json, StructuredAnswer? answer, int chars)
    {
        json.WriteStartArray("tool_calls");
        foreach (var call in answer?.Calls ?? [])
        {
            if (call.Span.NameEnd > chars) break;
            json.WriteStartObject();
            WriteHead(json, call);
            json.WriteStartObject("function");
            json.WriteString("name", call.Span.Name);
            json.WriteString("arguments", Of(answer!, call.Span, 0, chars));
            json.WriteEndObject();
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteHead(Utf8JsonWriter json, ToolCall call)
    {
        json.WriteString("id", call.Id);
        json.WriteString("type", "function");
    }

    /// <summary>A call's arguments, as far as they lie between two places of the text.</summary>
    internal static string Of(StructuredAnswer answer, CallSpan span, int from, int to)
    {
        var (start, end) = (Math.Max(from, span.Start), Math.Min(to, span.End));
        return start < end ? answer.Text[start..end] : "";
    }
}
