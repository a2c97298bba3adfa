using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Cluster.Scenarios.Import;

/// <summary>A model's <c>config.json</c> as published on Hugging Face, read key by key; what is missing is collected, not guessed.</summary>
internal sealed class HuggingFaceConfig
{
    private readonly JsonObject _root;
    private readonly List<string> _problems = [];

    /// <param name="root">Multimodal models keep their language model under <c>text_config</c>.</param>
    public HuggingFaceConfig(JsonObject root)
    {
        _root = root["text_config"] as JsonObject ?? root;
        Type = Text("model_type") ?? (root["model_type"] as JsonValue)?.GetValue<string>() ?? "";
        if (Type.EndsWith("_text", StringComparison.Ordinal)) Type = Type[..^"_text".Length];
        Outer = root;
    }

    public JsonObject Outer { get; }

    /// <summary><c>model_type</c>: decides how the rest is read.</summary>
    public string Type { get; }

    public IReadOnlyList<string> Problems => _problems;

    public bool Has(string key) => _root[key] is not null;

    /// <summary>A count that must be there under one of these names.</summary>
    public int Int(params string[] keys)
    {
        foreach (var key in keys)
        {
            if (_root[key] is not JsonValue value) continue;
            if (value.TryGetValue<int>(out var number) && number > 0) return number;
            _problems.Add($"{key} is {value.ToJsonString()}; a whole number of 1 or more is needed.");
            return 1;
        }

        _problems.Add($"{string.Join(" or ", keys)} is missing; architecture '{Type}' cannot be counted without it.");
        return 1;
    }

    public int IntOr(int otherwise, params string[] keys)
    {
        foreach (var key in keys)
        {
            if (_root[key] is JsonValue value && value.TryGetValue<int>(out var number)) return number;
        }

        return otherwise;
    }

    public bool FlagOr(bool otherwise, string key) =>
        ((_root[key] ?? Outer[key]) as JsonValue)?.TryGetValue<bool>(out var flag) == true ? flag : otherwise;

    public string? Text(string key) => (_root[key] as JsonValue)?.TryGetValue<string>(out var text) == true ? text : null;

    /// <summary>Entry <paramref name="index"/> of a list of words, e.g. <c>layer_types</c>; null when there is no such list.</summary>
    public string? Word(string key, int index) =>
        _root[key] is JsonArray list && index < list.Count ? list[index]?.GetValue<string>() : null;

    public bool ListContains(string key, int number) =>
        _root[key] is JsonArray list && list.Any(n => n is JsonValue v && v.TryGetValue<int>(out var i) && i == number);

    public string? QuantizationMethod =>
        (((_root["quantization_config"] ?? Outer["quantization_config"]) as JsonObject)?["quant_method"] as JsonValue)?.GetValue<string>();

    public void Problem(string text) => _problems.Add(text);

    /// <exception cref="ImportException">Not JSON, or not an object.</exception>
    public static HuggingFaceConfig Parse(string json)
    {
        try
        {
            return JsonNode.Parse(json) is JsonObject root
                ? new HuggingFaceConfig(root)
                : throw new ImportException(["A config.json is a JSON object."]);
        }
        catch (JsonException e)
        {
            throw new ImportException([string.Create(CultureInfo.InvariantCulture, $"Not JSON: line {(e.LineNumber ?? 0) + 1}: {e.Message}")]);
        }
    }
}

/// <summary>A model could not be imported; carries every reason.</summary>
public sealed class ImportException(IReadOnlyList<string> reasons) : Exception(string.Join(Environment.NewLine, reasons))
{
    public IReadOnlyList<string> Reasons { get; } = reasons;
}
