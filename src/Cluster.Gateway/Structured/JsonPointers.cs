using System.Globalization;
using System.Text.Json;

namespace Cluster.Gateway.Structured;

/// <summary><c>$ref</c> within a schema: <c>#</c>, <c>#/$defs/name</c>, any pointer into the document.</summary>
internal static class JsonPointers
{
    /// <returns>The pointer, and what is there.</returns>
    /// <exception cref="SchemaException">Nothing is there, or it leads out of the document.</exception>
    public static (string Name, JsonElement Target) Resolve(JsonElement root, JsonElement reference)
    {
        var name = reference.ValueKind == JsonValueKind.String ? reference.GetString()! : throw new SchemaException("`$ref` should be a string");
        if (name != "#" && !name.StartsWith("#/", StringComparison.Ordinal)) throw new SchemaException($"`$ref` {name}: only references within the schema, such as #/$defs/name, are supported");
        var target = root;
        foreach (var part in name.Split('/').Skip(1))
        {
            var key = Uri.UnescapeDataString(part).Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal);
            var isIndex = int.TryParse(key, NumberStyles.None, CultureInfo.InvariantCulture, out var index);
            if (target.ValueKind == JsonValueKind.Object && target.TryGetProperty(key, out var field)) target = field;
            else if (target.ValueKind == JsonValueKind.Array && isIndex && index < target.GetArrayLength()) target = target[index];
            else throw new SchemaException($"`$ref` {name} leads nowhere: there is no `{key}`");
        }

        return (name, target);
    }
}
