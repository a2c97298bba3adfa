using System.Text.Json;

namespace Cluster.Gateway.Structured;

/// <summary>The constraining keywords of one schema, with <c>$ref</c> and <c>allOf</c> resolved into them.</summary>
internal sealed class SchemaKeywords : Dictionary<string, JsonElement>
{
    private static readonly HashSet<string> s_constraints =
    [
        "type", "enum", "const", "anyOf", "oneOf", "properties", "required", "additionalProperties", "minProperties", "maxProperties", "items",
        "prefixItems", "minItems", "maxItems", "uniqueItems", "minLength", "maxLength", "pattern", "format", "minimum", "maximum",
        "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "propertyNames", "$ref", "allOf",
    ];

    private static readonly string[] s_unsupported =
    [
        "not", "if", "then", "else", "contains", "minContains", "maxContains", "patternProperties", "dependentRequired",
        "dependentSchemas", "dependencies", "additionalItems", "unevaluatedItems", "$dynamicRef", "$recursiveRef",
    ];

    public SchemaKeywords()
        : base(StringComparer.Ordinal)
    {
    }

    public SchemaKeywords(SchemaKeywords other)
        : base(other, StringComparer.Ordinal)
    {
    }

    /// <summary>The keywords as written; titles, descriptions, examples and whatever else says nothing about a value are left out.</summary>
    /// <exception cref="SchemaException">A keyword that answers here cannot be made to satisfy.</exception>
    public static SchemaKeywords Of(JsonElement schema)
    {
        var found = new SchemaKeywords();
        foreach (var field in schema.EnumerateObject())
        {
            if (s_constraints.Contains(field.Name)) found[field.Name] = field.Value;
            else if (s_unsupported.Contains(field.Name)) throw new SchemaException($"the keyword `{field.Name}` is not supported; state what may come with properties, enum and anyOf");
        }

        return found;
    }

    /// <summary>Both at once.</summary>
    /// <exception cref="SchemaException">They cannot be joined into one schema.</exception>
    public static SchemaKeywords Both(SchemaKeywords left, SchemaKeywords right)
    {
        var both = new SchemaKeywords(left);
        foreach (var (name, value) in right) both[name] = left.TryGetValue(name, out var given) ? Joined(name, given, value) : value;
        KeepAllowed(both, left, right);
        KeepAllowed(both, right, left);
        return both;
    }

    private static JsonElement Joined(string name, JsonElement left, JsonElement right)
    {
        if (left.GetRawText() == right.GetRawText()) return left;
        switch (name)
        {
            case "required": return Json(Texts(left).Union(Texts(right)));
            case "type": return Common(name, left, right);
            case "enum": return Common(name, left, right);
            case "properties": return Properties(left, right);
            case "minimum" or "exclusiveMinimum" or "minLength" or "minItems" or "minProperties" when AreNumbers(left, right):
                return left.GetDouble() >= right.GetDouble() ? left : right;
            case "maximum" or "exclusiveMaximum" or "maxLength" or "maxItems" or "maxProperties" when AreNumbers(left, right):
                return left.GetDouble() <= right.GetDouble() ? left : right;
            case "uniqueItems": return left.ValueKind == JsonValueKind.True ? left : right;
            case "additionalProperties" when left.ValueKind == JsonValueKind.False || right.ValueKind == JsonValueKind.True: return left;
            case "additionalProperties" when right.ValueKind == JsonValueKind.False || left.ValueKind == JsonValueKind.True: return right;
            case "items" or "additionalProperties": return AllOf(left, right);
            default: throw new SchemaException($"`{name}` is stated twice, by allOf or beside a $ref, in ways that cannot be joined here");
        }
    }

    /// <summary>What one side says of properties that it does not name holds for those that the other names: they are left out where that is possible.</summary>
    private static void KeepAllowed(SchemaKeywords both, SchemaKeywords ruling, SchemaKeywords other)
    {
        if (!ruling.TryGetValue("additionalProperties", out var rule) || rule.ValueKind == JsonValueKind.True) return;
        if (!other.TryGetValue("properties", out var theirs) || theirs.ValueKind != JsonValueKind.Object) return;
        var own = ruling.TryGetValue("properties", out var named) && named.ValueKind == JsonValueKind.Object ? named.EnumerateObject().Select(p => p.Name).ToHashSet() : [];
        var required = both.TryGetValue("required", out var needed) ? Texts(needed).ToHashSet() : [];
        both["properties"] = Json(both["properties"].EnumerateObject()
            .Where(p => own.Contains(p.Name) || (rule.ValueKind == JsonValueKind.Object && required.Contains(p.Name)))
            .ToDictionary(p => p.Name, p => own.Contains(p.Name) ? p.Value : AllOf(p.Value, rule)));
    }

    private static JsonElement Properties(JsonElement left, JsonElement right)
    {
        if (left.ValueKind != JsonValueKind.Object || right.ValueKind != JsonValueKind.Object) throw new SchemaException("`properties` should be an object");
        var all = new Dictionary<string, JsonElement>();
        foreach (var property in left.EnumerateObject().Concat(right.EnumerateObject()))
            all[property.Name] = all.TryGetValue(property.Name, out var given) ? AllOf(given, property.Value) : property.Value;
        return Json(all);
    }

    private static JsonElement Common(string name, JsonElement left, JsonElement right)
    {
        var common = Listed(left).Where(l => Listed(right).Any(r => IsWithin(name, l, r)))
            .Concat(Listed(right).Where(r => Listed(left).Any(l => IsWithin(name, r, l)))).DistinctBy(v => v.GetRawText()).ToList();
        return common.Count > 0 ? Json(common) : throw new SchemaException($"no value satisfies both `{name}` {left.GetRawText()} and {right.GetRawText()}");
    }

    private static bool IsWithin(string name, JsonElement value, JsonElement of) =>
        value.GetRawText() == of.GetRawText() || (name == "type" && value.ValueEquals("integer") && of.ValueEquals("number"));

    private static JsonElement[] Listed(JsonElement oneOrMany) => oneOrMany.ValueKind == JsonValueKind.Array ? [.. oneOrMany.EnumerateArray()] : [oneOrMany];

    private static IEnumerable<string> Texts(JsonElement list) =>
        list.ValueKind == JsonValueKind.Array && list.EnumerateArray().All(e => e.ValueKind == JsonValueKind.String)
            ? list.EnumerateArray().Select(e => e.GetString()!)
            : throw new SchemaException("`required` should be a list of property names");

    private static bool AreNumbers(JsonElement left, JsonElement right) => left.ValueKind == JsonValueKind.Number && right.ValueKind == JsonValueKind.Number;

    private static JsonElement AllOf(JsonElement left, JsonElement right) => Json(new Dictionary<string, JsonElement[]> { ["allOf"] = [left, right] });

    private static JsonElement Json<T>(T value) => JsonSerializer.SerializeToElement(value);
}
