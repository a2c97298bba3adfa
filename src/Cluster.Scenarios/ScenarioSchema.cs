using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Cluster.Scenarios.Reading;
using Cluster.Scenarios.Yaml;

namespace Cluster.Scenarios;

/// <summary>The JSON schema of scenario files, written by the readers themselves: what they ask for is what there is.</summary>
public static class ScenarioSchema
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Schema text, ending in a newline; catalog names are offered as examples.</summary>
    public static string Write(ScenarioCatalog catalog)
    {
        var reader = new SectionReader(new ReadContext("", []) { Describing = true }, null, "");
        VariantReader.Read(reader, null, catalog);
        var variant = (JsonObject)reader.Schema.DeepClone();
        variant["description"] = "Changes laid over the scenario; null removes a key, 'topology' is replaced whole.";
        var properties = reader.Schema["properties"]!.AsObject();
        properties.Insert(0, "name", new JsonObject { ["type"] = "string", ["description"] = "Names the scenario in reports. Default: the file's name." });
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
        };
        foreach (var (key, value) in reader.Schema) schema[key] = value?.DeepClone();
        schema["required"] = new JsonArray("model", "topology", "workload");
        schema["$defs"] = new JsonObject { ["variant"] = variant };
        return schema.ToJsonString(Indented) + "\n";
    }
}
