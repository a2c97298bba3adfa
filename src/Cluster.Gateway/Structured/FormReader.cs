using System.Text.Json;

namespace Cluster.Gateway.Structured;

/// <summary>What a body says about its answer's form, as it was written.</summary>
internal sealed record FormFields
{
    /// <summary><c>response_format</c></summary>
    public JsonElement? ResponseFormat { get; set; }

    /// <summary>vLLM's <c>structured_outputs</c>.</summary>
    public JsonElement? StructuredOutputs { get; set; }

    /// <summary>By name: vLLM's older <c>guided_json</c>, <c>guided_choice</c>, <c>guided_regex</c>, <c>guided_grammar</c>.</summary>
    public SortedDictionary<string, JsonElement> Guided { get; } = [];

    /// <summary>The field to blame for a form that cannot be kept.</summary>
    public string Parameter { get; set; } = "response_format";
}

/// <summary>Reads the three ways to demand a form; refusals are in vLLM's words where it has some.</summary>
internal static class FormReader
{
    private static readonly string[] s_kinds = ["json", "regex", "choice", "grammar", "json_object", "structural_tag"];

    /// <returns>Null: prose.</returns>
    /// <exception cref="SchemaException">Two forms at once, none, or one that cannot be kept.</exception>
    public static AnswerForm? Read(FormFields fields)
    {
        var asked = new List<(string Kind, JsonElement Value)>();
        if (fields.StructuredOutputs is { } structured) asked.AddRange(Structured(structured));
        foreach (var (name, value) in fields.Guided) asked.Add((name["guided_".Length..], value));
        if (fields.ResponseFormat is { } format) asked.AddRange(Format(format));
        if (asked.Count > 1) throw new SchemaException($"You can only use one kind of structured outputs constraint but multiple are specified: {string.Join(", ", asked.Select(a => a.Kind))}");
        return asked.Count == 0 ? null : Form(asked[0].Kind, asked[0].Value);
    }

    /// <summary>A schema's node, with its refusals in vLLM's words.</summary>
    public static SchemaNode Schema(JsonElement schema)
    {
        try
        {
            return SchemaReader.Read(schema);
        }
        catch (SchemaException refusal)
        {
            throw new SchemaException($"Failed to transform json schema into a grammar: {refusal.Message}.");
        }
    }

    private static IEnumerable<(string, JsonElement)> Structured(JsonElement structured)
    {
        if (structured.ValueKind != JsonValueKind.Object) throw new SchemaException("structured_outputs: Input should be a valid dictionary");
        var given = s_kinds.Where(k => structured.TryGetProperty(k, out var v) && v.ValueKind is not (JsonValueKind.Null or JsonValueKind.False)).ToList();
        if (given.Count(k => k is "json" or "regex" or "choice") > 1) throw new SchemaException("You can only use one kind of constraints for structured outputs ('json', 'regex' or 'choice').");
        if (given.Count == 0) throw new SchemaException($"You must use one kind of structured outputs constraint but none are specified; choose one of {string.Join(", ", s_kinds)}.");
        return given.Select(k => (k, structured.GetProperty(k)));
    }

    private static IEnumerable<(string, JsonElement)> Format(JsonElement format)
    {
        if (format.ValueKind != JsonValueKind.Object) throw new SchemaException("response_format: Input should be a valid dictionary");
        var type = format.TryGetProperty("type", out var given) && given.ValueKind == JsonValueKind.String ? given.GetString() : null;
        switch (type)
        {
            case "text": return [];
            case "json_object": return [("json_object", given)];
            case "structural_tag": return [("structural_tag", given)];
            case "json_schema":
                if (!format.TryGetProperty("json_schema", out var wrapped) || wrapped.ValueKind == JsonValueKind.Null)
                    throw new SchemaException("When response_format type is 'json_schema', the 'json_schema' field must be provided.");
                if (wrapped.ValueKind != JsonValueKind.Object) throw new SchemaException("response_format.json_schema: Input should be a valid dictionary");
                if (!wrapped.TryGetProperty("name", out var name)) throw new SchemaException("response_format.json_schema.name: Field required");
                if (name.ValueKind != JsonValueKind.String) throw new SchemaException("response_format.json_schema.name: Input should be a valid string");
                // Without a schema any JSON will do.
                return wrapped.TryGetProperty("schema", out var schema) && schema.ValueKind != JsonValueKind.Null ? [("json", schema)] : [("json_object", given)];
            default:
                throw new SchemaException("response_format.type: Input should be 'text', 'json_object', 'json_schema' or 'structural_tag'");
        }
    }

    private static AnswerForm Form(string kind, JsonElement value)
    {
        switch (kind)
        {
            case "json_object": return AnswerForm.Json.AnyObject;
            case "json": return new AnswerForm.Json(Schema(value.ValueKind == JsonValueKind.String ? Parsed(value.GetString()!) : value));
            case "choice": return new AnswerForm.Choice(Choices(value));
            case "regex" when value.ValueKind == JsonValueKind.String: return new AnswerForm.Pattern(PatternSampler.Parse(value.GetString()!));
            case "regex": throw new SchemaException("regex: Input should be a valid string");
            default: throw new SchemaException($"`{kind}` is not emulated: no text can be made from a grammar here; use json, regex or choice");
        }
    }

    private static JsonElement Parsed(string json)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            return document.RootElement.Clone();
        }
        catch (JsonException)
        {
            throw new SchemaException("Invalid JSON grammar specification.");
        }
    }

    private static List<string> Choices(JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.Array || value.EnumerateArray().Any(c => c.ValueKind != JsonValueKind.String)) throw new SchemaException("choice: Input should be a list of strings");
        if (value.GetArrayLength() == 0) throw new SchemaException("Choice '[]' cannot be an empty list");
        return [.. value.EnumerateArray().Select(c => c.GetString()!)];
    }
}
