using System.Text.Json.Nodes;

namespace Cluster.Scenarios.Tests;

public class ScenarioSchemaTests
{
    [Theory]
    [InlineData("scenario.schema.json")]
    [InlineData("scenario-keys.md")]
    public void The_published_schema_and_page_are_what_the_readers_ask_for(string file)
    {
        var path = Path.Combine(Repository.Root, "docs", file);
        var current = file.EndsWith(".md", StringComparison.Ordinal) ? ScenarioReference.Write(TestCatalog.Instance) : ScenarioSchema.Write(TestCatalog.Instance);
        if (Environment.GetEnvironmentVariable("XPYD_UPDATE") == "1") File.WriteAllText(path, current);
        File.ReadAllText(path).ShouldBe(current, $"docs/{file} is stale: run this test once with XPYD_UPDATE=1.");
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
