using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Cluster.Scenarios.Catalogs;

namespace Cluster.Scenarios;

/// <summary>The page that lists every key of a scenario, written from the same description as the schema.</summary>
public static class ScenarioReference
{
    /// <summary>Markdown, ending in a newline.</summary>
    public static string Write(Catalog catalog)
    {
        var schema = JsonNode.Parse(ScenarioSchema.Write(catalog))!.AsObject();
        var page = new StringBuilder("""
            # Keys of a scenario file

            Generated from the readers; `docs/scenario.schema.json` is the same for editors. Unknown keys are errors. Units are
            written: `500ms`, `4/s`. A section given as one value means its first key, where "or a value" stands.

            """);
        page.Append("\n| key | takes | meaning |\n|---|---|---|\n");
        Rows(schema["$defs"]!["variant"]!.AsObject(), schema, "", page);
        page.Append("| `name` | text | Names the scenario in reports. Default: the file's name. |\n");
        page.Append("| `compare.NAME` | any keys above | A further variant: changes laid over this scenario. |\n");
        return page.ToString().ReplaceLineEndings("\n");
    }

    private static void Rows(JsonObject map, JsonObject root, string path, StringBuilder page)
    {
        foreach (var (key, value) in map["properties"]!.AsObject())
        {
            var property = value!.AsObject();
            var full = path.Length == 0 ? key : $"{path}.{key}";
            var section = property["anyOf"]?[0]?.AsObject() ?? property;
            Row(full, Takes(property, section), (string?)property["description"] ?? "", page);
            if (section["$ref"] is not null) continue;
            if (section["properties"] is JsonObject) Rows(section, root, full, page);
            if (section["additionalProperties"] is JsonObject { } named && named["properties"] is JsonObject) Rows(named, root, $"{full}.NAME", page);
        }
    }

    private static void Row(string key, string takes, string meaning, StringBuilder page) =>
        page.Append(CultureInfo.InvariantCulture, $"| `{key}` | {takes.Replace("|", "\\|", StringComparison.Ordinal)} | {meaning.Replace("|", "\\|", StringComparison.Ordinal)} |\n");

    private static string Takes(JsonObject property, JsonObject section)
    {
        if ((string?)section["$ref"] is { } like) return $"as `{like.Split("/properties/", 2)[1].Replace("/properties/", ".", StringComparison.Ordinal)}`";
        if (section["properties"] is not null) return property["anyOf"] is null ? "section" : "section, or a value";
        if (section["enum"] is JsonArray choices) return string.Join(", ", choices.Select(c => $"`{c}`"));
        if (section["examples"]?[0] is { } example) return $"e.g. `{example}`";
        var range = (section["minimum"] ?? section["exclusiveMinimum"], section["maximum"]) switch
        {
            ({ } min, { } max) => $", {(section["exclusiveMinimum"] is null ? "" : "more than ")}{Number(min)} … {Number(max)}",
            _ => "",
        };
        return $"{(string?)section["type"] switch { "boolean" => "`true`, `false`", "string" => "text", var other => other }}{range}";
    }

    private static string Number(JsonNode value) => value.GetValue<double>().ToString("#,0.########", CultureInfo.InvariantCulture);
}
