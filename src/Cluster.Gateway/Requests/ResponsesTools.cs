using System.Text.Json;

namespace Cluster.Gateway.Requests;

/// <summary>
/// <c>tools</c> and <c>tool_choice</c> of the Responses API as a chat has them, where what a function is lies one level deeper. So they weigh the
/// same in a prompt, and are read by the same code.
/// </summary>
internal static class ResponsesTools
{
    /// <returns>Null: an empty list, which offers nothing.</returns>
    /// <exception cref="ApiException">One is not a function, or lacks what a function needs.</exception>
    public static JsonElement? ForChat(JsonElement tools)
    {
        if (tools.GetArrayLength() == 0) return null;
        return JsonCopy.Made("tools", json =>
        {
            json.WriteStartArray();
            var index = 0;
            foreach (var tool in tools.EnumerateArray()) Write(json, tool, $"tools.{index++}");
            json.WriteEndArray();
        });
    }

    /// <summary>Reads how far functions may or must be called.</summary>
    /// <exception cref="ApiException">Nothing that functions know.</exception>
    public static void ReadChoice(JsonElement choice, GenerationBody body)
    {
        const string Field = "tool_choice";
        if (choice.ValueKind == JsonValueKind.String)
        {
            FieldReader.Word(choice.GetString()!, Field, "none", "auto", "required");
            body.ToolChoice = choice;
            return;
        }

        if (choice.ValueKind != JsonValueKind.Object) throw ApiException.BadRequest($"{Field}: Input should be 'none', 'auto', 'required' or a valid dictionary", Field);
        switch (JsonCopy.Required(choice, "type", Field))
        {
            case "function":
                body.ToolChoice = Named(JsonCopy.Required(choice, "name", Field));
                break;
            case "allowed_tools":
                if (!choice.TryGetProperty("tools", out var allowed) || allowed.ValueKind != JsonValueKind.Array) throw ApiException.BadRequest($"{Field}.tools: Input should be a valid list", Field);
                FieldReader.Word(JsonCopy.Required(choice, "mode", Field), $"{Field}.mode", "auto", "required");
                body.ToolChoice = choice.GetProperty("mode");
                body.AllowedTools = [.. allowed.EnumerateArray().Select((tool, i) => Allowed(tool, $"{Field}.tools.{i}"))];
                break;
            case var other:
                throw ApiException.BadRequest($"{Field}.type: '{JsonCopy.Shown(other)}' is not emulated; name a function with {{\"type\": \"function\", \"name\": …}}, or use 'allowed_tools', 'none', 'auto' or 'required'.", Field);
        }
    }

    /// <summary>What choice and functions are together, once both are known.</summary>
    /// <exception cref="ApiException">A function is allowed that is not offered.</exception>
    public static void CheckChoice(GenerationBody body)
    {
        if (body.Tools is not { } tools)
        {
            // Nothing to call: what vLLM takes for granted is no mistake here either.
            if (body.AllowedTools is null && body.ToolChoice is { ValueKind: JsonValueKind.String } choice && choice.GetString() is "auto" or "none") body.ToolChoice = null;
            return;
        }

        if (body.AllowedTools is not { } allowed) return;
        var offered = tools.EnumerateArray().Select(t => t.GetProperty("function").GetProperty("name").GetString()!).ToHashSet(StringComparer.Ordinal);
        if (allowed.Count == 0) throw ApiException.BadRequest("tool_choice.tools: must not be empty; say `\"tool_choice\": \"none\"` to allow no function.", "tool_choice");
        if (allowed.FirstOrDefault(name => !offered.Contains(name)) is { } unknown)
            throw ApiException.BadRequest($"tool_choice.tools: `{JsonCopy.Shown(unknown)}` is not among `tools`.", "tool_choice");
    }

    private static void Write(Utf8JsonWriter json, JsonElement tool, string path)
    {
        CheckIsFunction(tool, path);
        if (JsonCopy.Required(tool, "name", path).Length == 0) throw ApiException.BadRequest($"{path}.name: Input should have at least 1 character", "tools");
        if (tool.TryGetProperty("parameters", out var parameters) && parameters.ValueKind is not (JsonValueKind.Object or JsonValueKind.Null))
            throw ApiException.BadRequest($"{path}.parameters: Input should be a valid dictionary", "tools");
        json.WriteStartObject();
        json.WriteString("type", "function");
        json.WriteStartObject("function");
        foreach (var part in tool.EnumerateObject())
        {
            if (!part.NameEquals("type")) part.WriteTo(json);
        }

        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static string Allowed(JsonElement tool, string path)
    {
        CheckIsFunction(tool, path);
        return JsonCopy.Required(tool, "name", path);
    }

    private static void CheckIsFunction(JsonElement tool, string path)
    {
        if (tool.ValueKind != JsonValueKind.Object) throw ApiException.BadRequest($"{path}: Input should be a valid dictionary", path);
        var type = JsonCopy.Required(tool, "type", path);
        if (type == "function") return;
        throw ApiException.BadRequest($"{path}.type: '{JsonCopy.Shown(type)}' is not emulated: nothing runs tools here; offer a 'function', and run it where its calls arrive.", path);
    }

    private static JsonElement Named(string name) => JsonSerializer.SerializeToElement(new { type = "function", function = new { name } });
}
