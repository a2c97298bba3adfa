using System.Text.Encodings.Web;
using System.Text.Json;

namespace Cluster.Gateway.Structured;

/// <summary>Reads the keywords of strings, numbers and listed values.</summary>
internal sealed class ScalarReader
{
    /// <summary>Numbers beyond it are not written.</summary>
    private const decimal Largest = 1e15m;

    private static readonly JsonSerializerOptions s_readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly Dictionary<string, PatternSampler> _patterns = [];

    /// <param name="type">One of the scalar types.</param>
    /// <exception cref="SchemaException">The bounds make no sense.</exception>
    public SchemaNode Read(string type, SchemaKeywords k) => type switch
    {
        "string" => String(k),
        "integer" => Number(k, isInteger: true),
        "number" => Number(k, isInteger: false),
        "boolean" => new BooleanNode(),
        _ => new NullNode(),
    };

    /// <summary>Those of the values that have the stated type.</summary>
    public static LiteralNode Literals(IEnumerable<JsonElement> values, SchemaKeywords k)
    {
        var types = k.TryGetValue("type", out var type) ? type.GetRawText() : null;
        var listed = k.TryGetValue("enum", out var others) && others.ValueKind == JsonValueKind.Array ? others.EnumerateArray().Select(o => o.GetRawText()).ToHashSet() : null;
        var fitting = values.Where(v => (types is null || types.Contains($"\"{TypeOf(v)}\"", StringComparison.Ordinal) || (TypeOf(v) == "integer" && types.Contains("\"number\"", StringComparison.Ordinal)))
            && (listed is null || listed.Contains(v.GetRawText()))).ToList();
        if (fitting.Count == 0) throw new SchemaException($"none of the values in `enum` or `const` has the type {types}");
        return new LiteralNode([.. fitting.Select(v => JsonSerializer.Serialize(v, s_readable))]);
    }

    /// <summary>Two bounds of a count.</summary>
    /// <exception cref="SchemaException">Negative, no integers, or the wrong way round.</exception>
    public static (int Min, int? Max) Counts(SchemaKeywords k, string minName, string maxName)
    {
        var (min, max) = (Count(minName) ?? 0, Count(maxName));
        return max < min ? throw new SchemaException($"{minName} {min} is greater than {maxName} {max}") : (min, max);

        int? Count(string name)
        {
            if (!k.TryGetValue(name, out var value)) return null;
            if (value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var number) && number >= 0 && number == Math.Floor(number)) return (int)Math.Min(number, int.MaxValue);
            throw new SchemaException($"`{name}` should be a non-negative integer, got {value.GetRawText()}");
        }
    }

    private static string TypeOf(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => "string",
        JsonValueKind.Number => value.TryGetInt64(out _) ? "integer" : "number",
        JsonValueKind.True or JsonValueKind.False => "boolean",
        JsonValueKind.Null => "null",
        JsonValueKind.Array => "array",
        _ => "object",
    };

    private StringNode String(SchemaKeywords k)
    {
        var (min, max) = Counts(k, "minLength", "maxLength");
        var format = k.TryGetValue("format", out var named) && named.ValueKind == JsonValueKind.String ? named.GetString() : null;
        if (!k.TryGetValue("pattern", out var pattern)) return new StringNode(min, max, null, format);
        if (pattern.ValueKind != JsonValueKind.String) throw new SchemaException("`pattern` should be a string");
        var text = pattern.GetString()!;
        if (!_patterns.TryGetValue(text, out var sampler)) sampler = _patterns[text] = PatternSampler.Parse(text);
        return new StringNode(min, max, sampler, format);
    }

    private static NumberNode Number(SchemaKeywords k, bool isInteger)
    {
        var low = Tighter(Bound(k, "minimum", false), Bound(k, "exclusiveMinimum", true), (a, b) => a >= b);
        var high = Tighter(Bound(k, "maximum", false), Bound(k, "exclusiveMaximum", true), (a, b) => a <= b);
        if (low.Value > Largest || high.Value < -Largest) throw new SchemaException($"numbers beyond {Largest:0} are not emulated");
        if (low.Value > high.Value || (low.Value == high.Value && (low.IsExclusive || high.IsExclusive))) throw new SchemaException($"no number lies between {low.Value} and {high.Value}");
        var step = k.TryGetValue("multipleOf", out var multiple) ? Step(multiple, isInteger) : null;
        return new NumberNode(isInteger, low, high, step);
    }

    private static NumberBound Tighter(NumberBound inclusive, NumberBound exclusive, Func<decimal, decimal, bool> isTighter)
    {
        if (inclusive.Value is not { } a) return exclusive;
        return exclusive.Value is { } b && isTighter(b, a) ? exclusive : inclusive;
    }

    private static NumberBound Bound(SchemaKeywords k, string name, bool isExclusive)
    {
        if (!k.TryGetValue(name, out var value)) return default;
        // Draft 4 has a boolean here.
        if (isExclusive && value.ValueKind is JsonValueKind.True or JsonValueKind.False)
            return value.ValueKind == JsonValueKind.True ? Bound(k, name == "exclusiveMinimum" ? "minimum" : "maximum", false) with { IsExclusive = true } : default;
        if (value.ValueKind != JsonValueKind.Number) throw new SchemaException($"`{name}` should be a number, got {value.GetRawText()}");
        var number = value.TryGetDecimal(out var exact) ? exact : value.GetDouble() > 0 ? decimal.MaxValue : decimal.MinValue;
        // A bound that far out leaves everything that is written within it.
        if (name.EndsWith("Minimum", StringComparison.OrdinalIgnoreCase) && number < -Largest) return default;
        return name.EndsWith("Maximum", StringComparison.OrdinalIgnoreCase) && number > Largest ? default : new NumberBound(number, isExclusive);
    }

    private static decimal? Step(JsonElement multiple, bool isInteger)
    {
        if (multiple.ValueKind != JsonValueKind.Number || !multiple.TryGetDecimal(out var step) || step < 1e-9m || step > Largest)
            throw new SchemaException($"`multipleOf` should be a number above 0 (here: between 1e-9 and 1e15), got {multiple.GetRawText()}");
        if (!isInteger || step == decimal.Truncate(step)) return step;
        for (var times = 2; times <= 1000; times++)
        {
            if (step * times == decimal.Truncate(step * times)) return step * times;
        }

        throw new SchemaException($"no integer up to 1000 times `multipleOf` {step} is a multiple of it");
    }
}
