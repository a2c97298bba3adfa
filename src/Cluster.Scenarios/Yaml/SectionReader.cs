using System.Globalization;
using System.Text.Json.Nodes;
using Cluster.Engine.Policies;

namespace Cluster.Scenarios.Yaml;

/// <summary>
/// Reads one map. Each call names a key, what it means and what may stand there; that one description serves
/// reading, the list of valid keys in errors, and the published JSON schema. A bad value is reported and read as
/// absent, so that one reading finds every error.
/// </summary>
internal sealed class SectionReader
{
    private readonly MapNode? _map;
    private readonly List<string> _keys = [];

    public SectionReader(ReadContext context, MapNode? map, string path, JsonObject? schema = null)
    {
        (Context, _map, Path) = (context, map, path);
        Schema = schema ?? ReadContext.NewSchema();
        if (map is not null) context.Place(path, map.At);
    }

    public ReadContext Context { get; }

    public MapNode? Map => _map;

    public string Path { get; }

    /// <summary>JSON schema of this map, complete once every key has been read.</summary>
    public JsonObject Schema { get; }

    public IEnumerable<string> WrittenKeys => _map?.Entries.Select(e => e.Key) ?? [];

    public string KeyPath(string key) => Path.Length == 0 ? key : key.Length == 0 ? Path : $"{Path}.{key}";

    public bool Has(string key) => _map?.Find(key)?.Value is { } value and not ScalarNode { IsNull: true };

    /// <summary>The raw value and its schema slot; for keys whose form varies.</summary>
    public Node? Raw(string key, JsonObject schema)
    {
        _keys.Add(key);
        Schema["properties"]!.AsObject()[key] = schema;
        var entry = _map?.Find(key);
        if (entry is not null) Context.Place(KeyPath(key), entry.Value is MapNode ? entry.KeyAt : entry.Value.At);
        return entry?.Value is ScalarNode { IsNull: true } ? null : entry?.Value;
    }

    public string? Text(string key, string about) => Scalar(key, new JsonObject { ["type"] = "string", ["description"] = about });

    /// <summary>One of a list of names.</summary>
    /// <param name="open">The list grows with the catalog, so the schema does not fix it.</param>
    /// <param name="alias">Other names that are understood.</param>
    public string? Choice(string key, string about, IReadOnlyCollection<string> choices, bool open = false, Func<string, bool>? alias = null)
    {
        var schema = new JsonObject { ["type"] = "string", ["description"] = about };
        if (!open) schema["enum"] = new JsonArray([.. choices.Select(c => JsonValue.Create(c))]);
        var text = Scalar(key, schema);
        if (text is null || choices.Contains(text) || alias?.Invoke(text) == true) return text;
        Error(key, $"No '{text}' here.", text, string.Join(", ", choices), NearestName.Question(text, choices));
        return null;
    }

    public bool? Flag(string key, string about)
    {
        var text = Scalar(key, new JsonObject { ["type"] = "boolean", ["description"] = about });
        if (text is null) return null;
        if (text is "true" or "false") return text == "true";
        Error(key, $"'{text}' is not a switch.", text, "true, false");
        return null;
    }

    public int? Int(string key, string about, int min, int max)
    {
        var text = Scalar(key, new JsonObject { ["type"] = "integer", ["minimum"] = min, ["maximum"] = max, ["description"] = about });
        if (text is null) return null;
        if (!UnitText.TryNumber(text, out var value) || value != Math.Floor(value))
            Error(key, $"'{text}' is not a whole number.", text, $"{min} … {max}");
        else if (value < min || value > max)
            Error(key, $"{text} is out of range.", text, $"{min} … {max}", Nearest(value, min, max));
        else
            return (int)value;
        return null;
    }

    /// <param name="above">The range excludes its lower end.</param>
    public double? Number(string key, string about, double min, double max, bool above = false)
    {
        var schema = new JsonObject { ["type"] = "number", [above ? "exclusiveMinimum" : "minimum"] = min, ["maximum"] = max, ["description"] = about };
        var text = Scalar(key, schema);
        if (text is null) return null;
        var range = $"{(above ? "more than " : "")}{Show(min)} … {Show(max)}";
        if (!UnitText.TryNumber(text, out var value))
            Error(key, $"'{text}' is not a number.", text, range);
        else if (value < min || value > max || (above && value == min))
            Error(key, $"{text} is out of range.", text, range, Nearest(value, min, max));
        else
            return value;
        return null;
    }

    public long? DurationNs(string key, string about, long minNs = 0, long maxNs = long.MaxValue / 4)
    {
        var text = Scalar(key, UnitSchema(about, @"^[0-9_.eE+-]+ *(ns|us|µs|ms|s|min|m|h|d)$", "500ms"));
        if (text is null) return null;
        var range = maxNs == long.MaxValue / 4 ? $"{UnitText.Duration(minNs)} or more" : $"{UnitText.Duration(minNs)} … {UnitText.Duration(maxNs)}";
        if (!UnitText.TryDurationNs(text, out var ns))
            Error(key, $"'{text}' is not a time.", text, range, "Write a number and its unit, e.g. 500ms, 30s, 2min.");
        else if (ns < minNs || ns > maxNs)
            Error(key, $"{text} is out of range.", text, range);
        else
            return ns;
        return null;
    }

    /// <summary>A size, more than zero.</summary>
    public double? Bytes(string key, string about)
    {
        var text = Scalar(key, UnitSchema(about, @"^[0-9_.eE+-]+ *([KMGTP]i?|k)?B$", "64GiB"));
        if (text is null) return null;
        if (!UnitText.TryBytes(text, out var bytes))
            Error(key, $"'{text}' is not a size.", text, "more than 0B", "Write a number and its unit, e.g. 64GiB or 1TB.");
        else if (bytes <= 0)
            Error(key, $"{text} is out of range.", text, "more than 0B");
        else
            return bytes;
        return null;
    }

    /// <summary>A bandwidth, more than zero.</summary>
    public double? BytesPerSecond(string key, string about)
    {
        var text = Scalar(key, UnitSchema(about, @"^[0-9_.eE+-]+ *(([KMGT]|Gi)?B/s|[MGT]bps|[MG]b/s)$", "50GB/s"));
        if (text is null) return null;
        if (!UnitText.TryBytesPerSecond(text, out var bandwidth))
            Error(key, $"'{text}' is not a bandwidth.", text, "more than 0B/s", "Write a number and its unit, e.g. 50GB/s or 400Gbps.");
        else if (bandwidth <= 0)
            Error(key, $"{text} is out of range.", text, "more than 0B/s");
        else
            return bandwidth;
        return null;
    }

    /// <summary>Events per second, more than zero.</summary>
    public double? PerSecond(string key, string about, bool zeroAllowed = false)
    {
        var text = Scalar(key, UnitSchema(about, @"^[0-9_.eE+-]+ *(/s|rps|/min|/h)$", "4/s"));
        if (text is null) return null;
        var range = zeroAllowed ? "0/s … 1000000/s" : "more than 0/s … 1000000/s";
        if (!UnitText.TryPerSecond(text, out var rate))
            Error(key, $"'{text}' is not a rate.", text, range, "Write a number and its unit, e.g. 4/s or 90/min.");
        else if (rate < 0 || (rate == 0 && !zeroAllowed) || rate > 1e6)
            Error(key, $"{text} is out of range.", text, range);
        else
            return rate;
        return null;
    }

    /// <summary>A map under this key, or null when it is absent; never null while describing.</summary>
    /// <param name="shortForm">A scalar in its place means a map with only this key.</param>
    public SectionReader? Section(string key, string about, string? shortForm = null)
    {
        var schema = ReadContext.NewSchema();
        schema["description"] = about;
        var value = Raw(key, shortForm is null ? schema : new JsonObject { ["description"] = about, ["anyOf"] = new JsonArray(schema, new JsonObject { ["type"] = new JsonArray("string", "number", "boolean") }) });
        if (shortForm is not null && value is ScalarNode scalar)
            value = new MapNode(scalar.At, [new MapEntry(shortForm, scalar.At, scalar)]);
        if (value is not (null or MapNode))
            Error(key, "Keys are expected here, not a single value.", (value as ScalarNode)?.Text, null, $"Write '{key}: {{ … }}'.");
        return value is MapNode map || Context.Describing ? new SectionReader(Context, value as MapNode, KeyPath(key), schema) : null;
    }

    /// <summary>Call last: every key that nobody asked for is an error.</summary>
    public void RejectUnknownKeys()
    {
        foreach (var entry in _map?.Entries ?? [])
        {
            if (_keys.Contains(entry.Key)) continue;
            Context.Add(new ScenarioError(entry.KeyAt, KeyPath(entry.Key), "No such key.")
            {
                Allowed = string.Join(", ", _keys),
                Suggestion = NearestName.Question(entry.Key, _keys),
            });
        }
    }

    /// <summary>Reports a key that must be there and is not.</summary>
    public T? Needed<T>(string key, T? value, string? example = null)
    {
        if (!Context.Describing && !Has(key)) Error(key, "This key is needed.", null, null, example is null ? null : $"Add e.g. '{key}: {example}'.");
        return value;
    }

    public void Error(string key, string message, string? value = null, string? allowed = null, string? suggestion = null) =>
        Context.Add(new ScenarioError(Context.At(KeyPath(key)), KeyPath(key), message) { Value = value, Allowed = allowed, Suggestion = suggestion });

    private string? Scalar(string key, JsonObject schema)
    {
        var value = Raw(key, schema);
        if (value is null or ScalarNode) return (value as ScalarNode)?.Text;
        Error(key, value is MapNode ? "One value is expected here, not keys." : "One value is expected here, not a list.");
        return null;
    }

    private static string Nearest(double value, double min, double max) =>
        $"The nearest is {Show(Math.Clamp(value, min, max))}.";

    private static string Show(double value) => value.ToString("0.########", CultureInfo.InvariantCulture);

    private static JsonObject UnitSchema(string about, string pattern, string example) =>
        new() { ["type"] = "string", ["pattern"] = pattern, ["description"] = about, ["examples"] = new JsonArray(example) };
}
