using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Cluster.Engine.Hardware;
using Cluster.Scenarios.Catalogs;

namespace Cluster.Scenarios.Tests;

/// <summary>What is known of catalog types when compiled reads every file as reflection over them does.</summary>
public sealed class CatalogJsonTests
{
    private static readonly JsonSerializerOptions Reflecting = new(CatalogJson.Options) { TypeInfoResolver = new DefaultJsonTypeInfoResolver() };

    public static TheoryData<string> Gpus => [.. Catalog.Default.Gpus.Keys];

    [Theory]
    [MemberData(nameof(Gpus))]
    public void Kernels_are_read_as_reflection_reads_them(string name)
    {
        var text = JsonSerializer.Serialize(Catalog.Default.Gpus[name].Kernels, Reflecting);
        Read<KernelProfile>(text, CatalogJson.Options).ShouldBe(Read<KernelProfile>(text, Reflecting));
        JsonSerializer.Serialize(Catalog.Default.Gpus[name].Kernels, CatalogJson.Options).ShouldBe(text);
    }

    [Fact]
    public void Links_are_read_as_reflection_reads_them()
    {
        foreach (var link in Catalog.Default.Links.Values)
        {
            var text = JsonSerializer.Serialize(link, Reflecting);
            Read<LinkProfile>(text, CatalogJson.Options).ShouldBe(Read<LinkProfile>(text, Reflecting));
        }
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{ "gemm": {}, "gem": {} }""")]
    [InlineData("""{ "gemm": null }""")]
    public void Kernels_with_a_key_missing_unknown_or_null_are_refused(string text)
    {
        Should.Throw<JsonException>(() => JsonSerializer.Deserialize<KernelProfile>(text, Reflecting));
        Should.Throw<JsonException>(() => JsonSerializer.Deserialize<KernelProfile>(text, CatalogJson.Options));
    }

    private static string Read<T>(string text, JsonSerializerOptions options) => JsonSerializer.Serialize(JsonSerializer.Deserialize<T>(text, options), Reflecting);
}
