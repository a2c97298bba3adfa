using System.Text.Json;

namespace Cluster.Gateway.Structured;

/// <summary>
/// Reads a JSON Schema (draft 2020-12 as far as engines' guided decoding takes it) into nodes that write values. What could not be
/// kept is refused here, never ignored; formats that are not known say nothing, as the specification has it.
/// </summary>
internal sealed class SchemaReader
{
    private const int MaxNodes = 5_000;
    private const int MaxMerges = 512;

    private static readonly string[] s_types = ["string", "number", "integer", "boolean", "null", "array", "object"];

    private readonly JsonElement _root;
    private readonly Dictionary<string, RefNode> _refs = new(StringComparer.Ordinal);
    private readonly Queue<(RefNode Node, JsonElement Schema)> _unread = new();
    private readonly ScalarReader _scalars = new();
    private int _nodes;
    private int _merges;

    private SchemaReader(JsonElement root) => _root = root;

    /// <exception cref="SchemaException">Not a schema, one without any value, or one with more than is supported.</exception>
    public static SchemaNode Read(JsonElement schema)
    {
        var reader = new SchemaReader(schema);
        var root = reader.Node(schema);
        while (reader._unread.TryDequeue(out var next)) next.Node.Target = reader.Node(next.Schema);
        SchemaHeights.Settle(root);
        return root;
    }

    private SchemaNode Node(JsonElement schema)
    {
        if (++_nodes > MaxNodes) throw new SchemaException($"the schema has more than {MaxNodes} parts");
        if (schema.ValueKind == JsonValueKind.True) return new AnyNode();
        if (schema.ValueKind == JsonValueKind.False) return new UnionNode([]);
        if (schema.ValueKind != JsonValueKind.Object) throw new SchemaException($"a schema should be an object or a boolean, not {schema.ValueKind.ToString().ToLowerInvariant()}");
        var keywords = SchemaKeywords.Of(schema);
        if (keywords.Count == 1 && keywords.TryGetValue("$ref", out var reference)) return Ref(reference);
        if (keywords.Count == 1 && keywords.TryGetValue("allOf", out var all) && all.ValueKind == JsonValueKind.Array && all.GetArrayLength() == 1) return Node(all[0]);
        return Node(Flat(keywords));
    }

    private RefNode Ref(JsonElement reference)
    {
        var (name, target) = JsonPointers.Resolve(_root, reference);
        if (_refs.TryGetValue(name, out var known)) return known;
        var node = _refs[name] = new RefNode();
        _unread.Enqueue((node, target));
        return node;
    }

    /// <summary>Takes <c>$ref</c> and <c>allOf</c> into the schema beside them.</summary>
    private SchemaKeywords Flat(SchemaKeywords keywords)
    {
        if (!keywords.ContainsKey("$ref") && !keywords.ContainsKey("allOf")) return keywords;
        if (++_merges > MaxMerges) throw new SchemaException("allOf and $ref refer to each other without end, or too often");
        var flat = new SchemaKeywords(keywords);
        flat.Remove("$ref");
        flat.Remove("allOf");
        if (keywords.TryGetValue("$ref", out var reference)) flat = SchemaKeywords.Both(flat, FlatOf(JsonPointers.Resolve(_root, reference).Target));
        if (!keywords.TryGetValue("allOf", out var all)) return flat;
        if (all.ValueKind != JsonValueKind.Array) throw new SchemaException("`allOf` should be a list of schemas");
        foreach (var part in all.EnumerateArray()) flat = SchemaKeywords.Both(flat, FlatOf(part));
        return flat;
    }

    private SchemaKeywords FlatOf(JsonElement schema) => schema.ValueKind switch
    {
        JsonValueKind.True => [],
        JsonValueKind.Object => Flat(SchemaKeywords.Of(schema)),
        _ => throw new SchemaException("a schema that is joined with another should be an object"),
    };

    private SchemaNode Node(SchemaKeywords k)
    {
        if (k.Count == 0) return new AnyNode();
        foreach (var union in (string[])["anyOf", "oneOf"])
        {
            if (k.TryGetValue(union, out var branches)) return Union(union, branches, k);
        }

        if (k.TryGetValue("const", out var only)) return ScalarReader.Literals([only], k);
        if (k.TryGetValue("enum", out var values))
            return values.ValueKind == JsonValueKind.Array && values.GetArrayLength() > 0 ? ScalarReader.Literals(values.EnumerateArray(), k) : throw new SchemaException("`enum` should be a list with at least one value");
        var types = Types(k);
        return types.Count == 1 ? OfType(types[0], k) : new UnionNode([.. types.Select(t => OfType(t, k))]);
    }

    /// <summary>What stands beside the branches holds in each of them.</summary>
    private UnionNode Union(string name, JsonElement branches, SchemaKeywords k)
    {
        if (branches.ValueKind != JsonValueKind.Array || branches.GetArrayLength() == 0) throw new SchemaException($"`{name}` should be a list with at least one schema");
        var rest = new SchemaKeywords(k);
        rest.Remove(name);
        if (rest.Count == 0) return new UnionNode([.. branches.EnumerateArray().Select(Node)]);
        return new UnionNode([.. branches.EnumerateArray().Select(b => Node(SchemaKeywords.Both(rest, FlatOf(b))))]);
    }

    private static List<string> Types(SchemaKeywords k)
    {
        if (!k.TryGetValue("type", out var type)) return [Implied(k)];
        var names = (type.ValueKind == JsonValueKind.Array ? [.. type.EnumerateArray()] : new[] { type }).Select(t => t.ValueKind == JsonValueKind.String ? t.GetString()! : t.GetRawText()).ToList();
        var unknown = names.Find(n => !s_types.Contains(n));
        if (unknown is not null || names.Count == 0) throw new SchemaException($"`type` should be one of {string.Join(", ", s_types)}, got {unknown ?? "nothing"}");
        return names;
    }

    /// <summary>The type that the keywords are about, where none is stated.</summary>
    private static string Implied(SchemaKeywords k)
    {
        if (k.Keys.Any(n => n.EndsWith("Items", StringComparison.Ordinal) || n == "items")) return "array";
        if (k.Keys.Any(n => n is "minLength" or "maxLength" or "pattern" or "format")) return "string";
        return k.Keys.Any(n => n.EndsWith("imum", StringComparison.Ordinal) || n == "multipleOf") ? "number" : "object";
    }

    private SchemaNode OfType(string type, SchemaKeywords k) => type switch
    {
        "object" => Object(k),
        "array" => Array(k),
        _ => _scalars.Read(type, k),
    };

    private ArrayNode Array(SchemaKeywords k)
    {
        var prefix = k.TryGetValue("prefixItems", out var given) ? List(given).Select(Node).ToList() : [];
        var hasItems = k.TryGetValue("items", out var items);
        // Drafts before 2020-12 have the list here.
        if (hasItems && items.ValueKind == JsonValueKind.Array) (prefix, hasItems) = (List(items).Select(Node).ToList(), false);
        var others = hasItems ? (items.ValueKind == JsonValueKind.False ? null : Node(items)) : prefix.Count > 0 ? null : new AnyNode();
        var (min, max) = ScalarReader.Counts(k, "minItems", "maxItems");
        var isUnique = k.TryGetValue("uniqueItems", out var unique) && unique.ValueKind == JsonValueKind.True;
        if (!hasItems && min > prefix.Count) others ??= new AnyNode();
        return new ArrayNode(prefix, others, min, max, isUnique);

        static IEnumerable<JsonElement> List(JsonElement list) =>
            list.ValueKind == JsonValueKind.Array ? list.EnumerateArray() : throw new SchemaException("`prefixItems` should be a list of schemas");
    }

    /// <returns>Null: any name will do.</returns>
    private SchemaNode? Names(JsonElement naming)
    {
        if (naming.ValueKind != JsonValueKind.Object) return naming.ValueKind == JsonValueKind.True ? null : Node(naming);
        var k = Flat(SchemaKeywords.Of(naming));
        k["type"] = JsonSerializer.SerializeToElement("string");
        return k.Count == 1 ? null : Node(k);
    }

    private ObjectNode Object(SchemaKeywords k)
    {
        var required = new HashSet<string>();
        if (k.TryGetValue("required", out var names))
        {
            if (names.ValueKind != JsonValueKind.Array) throw new SchemaException("`required` should be a list of property names");
            foreach (var name in names.EnumerateArray())
                required.Add(name.ValueKind == JsonValueKind.String ? name.GetString()! : throw new SchemaException("`required` should be a list of property names"));
        }

        var properties = new List<PropertyNode>();
        if (k.TryGetValue("properties", out var named))
        {
            if (named.ValueKind != JsonValueKind.Object) throw new SchemaException("`properties` should be an object");
            properties.AddRange(named.EnumerateObject().Select(p => new PropertyNode(p.Name, Node(p.Value), required.Remove(p.Name))));
        }

        var others = !k.TryGetValue("additionalProperties", out var additional) ? new AnyNode() : additional.ValueKind == JsonValueKind.False ? null : Node(additional);
        if (required.Count > 0 && others is null) throw new SchemaException($"`{required.First()}` is required, but is not among `properties`, and `additionalProperties` is false");
        properties.AddRange(required.Select(name => new PropertyNode(name, others!, true)));
        var (min, max) = ScalarReader.Counts(k, "minProperties", "maxProperties");
        if (properties.Count(p => p.IsRequired) > max) throw new SchemaException($"more properties are required than maxProperties {max} allows");
        var invented = k.TryGetValue("propertyNames", out var naming) ? Names(naming) : null;
        return new ObjectNode(properties, others, min, max, invented);
    }
}
