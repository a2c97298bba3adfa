using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Cluster.Scenarios.Catalogs;
using Cluster.Scenarios.Reading;
using Cluster.Scenarios.Yaml;

namespace Cluster.Scenarios;

/// <summary>The JSON schema of scenario files, written by the readers themselves: what they ask for is what there is.</summary>
public static class ScenarioSchema
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Schema text, ending in a newline.</summary>
    public static string Write(Catalog catalog)
    {
        var reader = new SectionReader(new ReadContext("", []) { Describing = true }, null, "");
        VariantReader.Read(reader, null, catalog);
        var variant = (JsonObject)reader.Schema.DeepClone();
        ShareRepeated(variant);
        variant["description"] = "Changes laid over the scenario; null removes a key, 'topology' is replaced whole.";
        var properties = new JsonObject { ["name"] = new JsonObject { ["type"] = "string", ["description"] = "Names the scenario in reports. Default: the file's name." } };
        foreach (var (key, value) in variant["properties"]!.AsObject())
            properties[key] = new JsonObject { ["$ref"] = $"#/$defs/variant/properties/{key}", ["description"] = value!["description"]?.DeepClone() };
        properties["compare"] = new JsonObject
        {
            ["type"] = "object",
            ["description"] = "Further variants by name, each a set of changes to this scenario.",
            ["additionalProperties"] = new JsonObject { ["$ref"] = "#/$defs/variant" },
        };
        var schema = new JsonObject
        {
            ["$schema"] = "https://json-schema.org/draft/2020-12/schema",
            ["title"] = "xpyd scenario",
            ["type"] = "object",
            ["additionalProperties"] = false,
            ["properties"] = properties,
        };
        schema["required"] = new JsonArray("model", "topology", "workload");
        schema["$defs"] = new JsonObject { ["variant"] = variant };
        return schema.ToJsonString(Indented) + "\n";
    }

    /// <summary>Pools are alike, and so are their engines: each is written once.</summary>
    private static void ShareRepeated(JsonObject variant)
    {
        const string Topology = "#/$defs/variant/properties/topology/properties";
        var topology = variant["properties"]!["topology"]!["properties"]!.AsObject();
        topology["prefill"]!["properties"]!["engine"] = new JsonObject
        {
            ["$ref"] = "#/$defs/variant/properties/engine",
            ["description"] = "Engine settings of this pool, laid over the scenario's.",
        };
        topology["pools"]!["additionalProperties"]!["properties"]!["engine"] = new JsonObject { ["$ref"] = $"{Topology}/prefill/properties/engine" };
        foreach (var key in new[] { "decode", "aggregated" })
            topology[key] = new JsonObject { ["$ref"] = $"{Topology}/prefill", ["description"] = topology[key]!["description"]?.DeepClone() };
    }
}
