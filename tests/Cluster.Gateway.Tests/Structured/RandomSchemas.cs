using System.Text.Json.Nodes;
using Cluster.Engine.Units;

namespace Cluster.Gateway.Tests.Structured;

/// <summary>Schemas of every keyword that is kept, nested at random; the same for the same seed.</summary>
internal sealed class RandomSchemas(ulong seed)
{
    private static readonly string[] s_patterns = ["^[a-z]{2,5}$", "[A-Z]\\d{3}-(x|yy|z+)", "^(\\w+)@(\\w+)\\.com$", "^#[0-9a-fA-F]{6}$", "[^a-c\"]+?\\.", "^(?:ab|c*d?){1,3}$"];
    private static readonly string[] s_formats = ["date-time", "date", "email", "uuid", "ipv4", "ipv6", "hostname"];

    private readonly RandomStream _random = new(seed, "schemas");

    /// <summary>A schema with definitions that it and they refer to (where drafts 4 to 7 have them, which every library reads).</summary>
    public JsonObject Next()
    {
        var root = Any(0);
        if (root.ContainsKey("$ref")) root = new JsonObject { ["type"] = "array", ["items"] = root };
        root["definitions"] = new JsonObject { ["leaf"] = Scalar(), ["tree"] = Tree() };
        return root;
    }

    private JsonObject Any(int depth)
    {
        var kind = _random.NextInt(depth >= 3 ? 6 : 12);
        return kind switch
        {
            < 5 => Scalar(),
            5 => new JsonObject { ["$ref"] = _random.NextInt(2) == 0 ? "#/definitions/leaf" : "#/definitions/tree", ["description"] = "beside" },
            6 or 7 => Array(depth),
            8 => new JsonObject { [_random.NextInt(2) == 0 ? "anyOf" : "oneOf"] = new JsonArray(Object(depth, "left"), Object(depth, "right")) },
            9 => new JsonObject { ["allOf"] = new JsonArray(Object(depth, "first"), Object(depth, "second")) },
            _ => Object(depth, "kind"),
        };
    }

    private JsonObject Scalar()
    {
        switch (_random.NextInt(8))
        {
            case 0: return new JsonObject { ["type"] = "boolean" };
            case 1: return new JsonObject { ["type"] = new JsonArray("string", "null") };
            case 2: return new JsonObject { ["enum"] = new JsonArray("süß", "naïve \"quoted\"", 7, true, null) };
            case 3: return new JsonObject { ["type"] = "string", ["pattern"] = s_patterns[_random.NextInt(s_patterns.Length)] };
            case 4: return new JsonObject { ["type"] = "string", ["format"] = s_formats[_random.NextInt(s_formats.Length)] };
            case 5:
                var shortest = _random.NextInt(30);
                return new JsonObject { ["type"] = "string", ["minLength"] = shortest, ["maxLength"] = shortest + _random.NextInt(30) };
            case 6:
                var low = _random.NextInt(2000) - 1000;
                var integer = new JsonObject { ["type"] = "integer", ["minimum"] = low, ["maximum"] = low + 10 + _random.NextInt(50) };
                if (_random.NextInt(2) == 0) integer["multipleOf"] = 5;
                return integer;
            default:
                var from = _random.NextInt(100) / 10.0;
                return new JsonObject { ["type"] = "number", ["exclusiveMinimum"] = from, ["maximum"] = from + 0.001 + _random.NextInt(3) };
        }
    }

    private JsonObject Array(int depth)
    {
        var least = _random.NextInt(4);
        var array = new JsonObject { ["type"] = "array", ["items"] = Any(depth + 1), ["minItems"] = least };
        if (_random.NextInt(2) == 0) array["maxItems"] = least + _random.NextInt(4);
        if (_random.NextInt(3) == 0) (array["items"], array["uniqueItems"]) = (new JsonObject { ["type"] = "integer", ["minimum"] = 1, ["maximum"] = 30 }, true);
        return array;
    }

    /// <param name="kind">Value of a required property that no two branches share, so that one of several matches alone.</param>
    private JsonObject Object(int depth, string kind)
    {
        var properties = new JsonObject { ["kind_" + kind] = new JsonObject { ["type"] = "string", ["enum"] = new JsonArray(kind) } };
        var required = new JsonArray("kind_" + kind);
        for (var i = _random.NextInt(4); i > 0; i--)
        {
            var name = $"{kind} {i}";
            properties[name] = Any(depth + 1);
            if (_random.NextInt(2) == 0) required.Add(name);
        }

        var schema = new JsonObject { ["type"] = "object", ["properties"] = properties, ["required"] = required };
        // Of schemas that are joined, one's rule for other properties holds for what the other names; at random nothing would satisfy both.
        if (kind is not ("first" or "second") && _random.NextInt(3) == 0) schema["additionalProperties"] = Scalar();
        if (_random.NextInt(3) == 0) schema["minProperties"] = 2 + _random.NextInt(3);
        return schema;
    }

    private JsonObject Tree() => new()
    {
        ["type"] = "object",
        ["properties"] = new JsonObject
        {
            ["value"] = Scalar(),
            ["children"] = new JsonObject { ["type"] = "array", ["items"] = new JsonObject { ["$ref"] = "#/definitions/tree" } },
        },
        ["required"] = new JsonArray("value", "children"),
        ["additionalProperties"] = false,
    };
}
