using System.Text.Json;

namespace Cluster.Gateway.Structured;

/// <summary>A function on offer.</summary>
/// <param name="Parameters">JSON Schema of its arguments; null: it takes none that are known.</param>
internal sealed record Tool(string Name, JsonElement? Parameters);

/// <summary>How far an answer may, or must, call functions.</summary>
internal enum ToolChoice
{
    None,
    Auto,
    Required,
    Named,
}

/// <summary>Functions on offer, and what is asked about them.</summary>
/// <param name="Name">The one to call, when <paramref name="Choice"/> names one.</param>
internal sealed record ToolOffer(IReadOnlyList<Tool> Tools, ToolChoice Choice, string? Name);

/// <summary>Reads <c>tools</c> and <c>tool_choice</c>; refusals are in vLLM's words.</summary>
internal static class ToolReader
{
    private const string Usage = "Correct usage: `{\"type\": \"function\", \"function\": {\"name\": \"my_function\"}}`";

    /// <returns>Null: no functions.</returns>
    /// <exception cref="SchemaException">They do not make sense, alone or together.</exception>
    public static ToolOffer? Read(JsonElement? tools, JsonElement? choice)
    {
        var offered = tools is { } list ? list.EnumerateArray().Select(Tool).ToList() : null;
        if (offered is { Count: 0 }) throw new SchemaException("`tools` must not be an empty array. Either provide at least one tool or omit the field entirely.");
        if (choice is not { } given) return offered is null ? null : new ToolOffer(offered, ToolChoice.Auto, null);
        var word = given.ValueKind == JsonValueKind.String ? given.GetString() : null;
        if (word == "none") return offered is null ? null : new ToolOffer(offered, ToolChoice.None, null);
        if (offered is null) throw new SchemaException("When using `tool_choice`, `tools` must be set.");
        if (word == "auto") return new ToolOffer(offered, ToolChoice.Auto, null);
        if (word == "required") return new ToolOffer(offered, ToolChoice.Required, null);
        if (given.ValueKind != JsonValueKind.Object)
            throw new SchemaException($"Invalid value for `tool_choice`: {word ?? given.GetRawText()}! Only named tools, \"none\", \"auto\" or \"required\" are supported.");
        return new ToolOffer(offered, ToolChoice.Named, Named(given, offered));
    }

    private static string Named(JsonElement choice, List<Tool> offered)
    {
        if (!choice.TryGetProperty("function", out var function) || function.ValueKind != JsonValueKind.Object)
            throw new SchemaException($"Invalid value for `function`: `{(function.ValueKind == JsonValueKind.Undefined ? "None" : function.GetRawText())}` in `tool_choice`! {Usage}");
        if (!function.TryGetProperty("name", out var name)) throw new SchemaException($"Expected field `name` in `function` in `tool_choice`! {Usage}");
        if (name.ValueKind != JsonValueKind.String || name.GetString() is not { Length: > 0 } text)
            throw new SchemaException($"Invalid `name` in `function`: `{(name.ValueKind == JsonValueKind.String ? "" : name.GetRawText())}` in `tool_choice`! {Usage}");
        return offered.Exists(t => t.Name == text) ? text : throw new SchemaException("The tool specified in `tool_choice` does not match any of the specified `tools`");
    }

    private static Tool Tool(JsonElement tool, int index)
    {
        if (tool.ValueKind != JsonValueKind.Object) throw new SchemaException($"tools.{index}: Input should be a valid dictionary");
        if (tool.TryGetProperty("type", out var type) && !(type.ValueKind == JsonValueKind.String && type.ValueEquals("function")))
            throw new SchemaException($"tools.{index}.type: Input should be 'function'");
        if (!tool.TryGetProperty("function", out var function)) throw new SchemaException($"tools.{index}.function: Field required");
        if (function.ValueKind != JsonValueKind.Object) throw new SchemaException($"tools.{index}.function: Input should be a valid dictionary");
        if (!function.TryGetProperty("name", out var name)) throw new SchemaException($"tools.{index}.function.name: Field required");
        if (name.ValueKind != JsonValueKind.String || name.GetString() is not { Length: > 0 } text) throw new SchemaException($"tools.{index}.function.name: Input should be a valid string");
        var hasParameters = function.TryGetProperty("parameters", out var parameters) && parameters.ValueKind != JsonValueKind.Null;
        if (hasParameters && parameters.ValueKind != JsonValueKind.Object) throw new SchemaException($"tools.{index}.function.parameters: Input should be a valid dictionary");
        return new Tool(text, hasParameters ? parameters : null);
    }
}
