using System.Text.Json;

namespace Cluster.Gateway.Requests;

/// <summary><c>text</c> of the Responses API: the form of an answer in words, as a chat's <c>response_format</c> has it.</summary>
internal static class ResponsesText
{
    private const string Format = "text.format";

    /// <exception cref="ApiException">No form that is known, or one that lacks its schema.</exception>
    public static void Read(JsonElement text, GenerationBody body)
    {
        if (text.ValueKind != JsonValueKind.Object) throw ApiException.BadRequest("text: Input should be a valid dictionary", "text");
        // How verbose prose is has no bearing on text that nobody thought of; a word that vLLM would refuse is refused all the same.
        if (JsonCopy.Text(text, "verbosity", "text") is { } verbosity) FieldReader.Word(verbosity, "text.verbosity", "low", "medium", "high");
        if (!text.TryGetProperty("format", out var format) || format.ValueKind == JsonValueKind.Null) return;
        if (format.ValueKind != JsonValueKind.Object) throw ApiException.BadRequest($"{Format}: Input should be a valid dictionary", Format);
        body.Form.Parameter = Format;
        body.Form.ResponseFormat = FieldReader.Word(JsonCopy.Required(format, "type", Format), $"{Format}.type", "text", "json_object", "json_schema") == "json_schema" ? Nested(format) : format;
    }

    private static JsonElement Nested(JsonElement format)
    {
        var name = JsonCopy.Required(format, "name", Format);
        if (!format.TryGetProperty("schema", out var schema) || schema.ValueKind == JsonValueKind.Null) throw ApiException.BadRequest($"{Format}.schema: Field required", Format);
        if (schema.ValueKind != JsonValueKind.Object) throw ApiException.BadRequest($"{Format}.schema: Input should be a valid dictionary", Format);
        return JsonCopy.Made(Format, json =>
        {
            json.WriteStartObject();
            json.WriteString("type", "json_schema");
            json.WriteStartObject("json_schema");
            json.WriteString("name", name);
            json.WritePropertyName("schema");
            schema.WriteTo(json);
            json.WriteEndObject();
            json.WriteEndObject();
        });
    }
}
