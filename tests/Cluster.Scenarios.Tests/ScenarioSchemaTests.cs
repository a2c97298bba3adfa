using System.Text.Json.Nodes;

namespace Cluster.Scenarios.Tests;

public class ScenarioSchemaTests
{
    [Fact]
    public void The_published_schema_is_what_the_readers_ask_for()
    {
        var path = Path.Combine(Repository.Root, "docs", "scenario.schema.json");
        var current = ScenarioSchema.Write(TestCatalog.Instance);
        if (Environment.GetEnvironmentVariable("XPYD_WRITE_SCHEMA") == "1") File.WriteAllText(path, current);
        File.ReadAllText(path).ShouldBe(current, "docs/scenario.schema.json is stale: run this test once with XPYD_WRITE_SCHEMA=1.");
    }

    [Fact]
    public void Every_key_of_the_schema_says_what_it_means_and_no_map_takes_unknown_keys()
    {
        var silent = new List<string>();
        Walk(JsonNode.Parse(ScenarioSchema.Write(TestCatalog.Instance))!.AsObject(), "", silent);
        silent.ShouldBeEmpty();
    }

    private static void Walk(JsonObject schema, string path, List<string> silent)
    {
        if (schema["properties"] is not JsonObject properties) return;
        if (schema["additionalProperties"] is null) silent.Add($"{path}: additionalProperties");
        foreach (var (key, value) in properties)
        {
            var property = value!.AsObject();
            if (string.IsNullOrWhiteSpace((string?)property["description"])) silent.Add($"{path}.{key}");
            Walk(property["anyOf"]?[0]?.AsObject() ?? property, $"{path}.{key}", silent);
        }
    }
}
