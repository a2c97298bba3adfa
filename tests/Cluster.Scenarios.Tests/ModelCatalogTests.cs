using Cluster.Engine.Models;

namespace Cluster.Scenarios.Tests;

public class ModelCatalogTests
{
    public static TheoryData<string> Models => [.. TestCatalog.Instance.Models.Keys];

    [Theory]
    [MemberData(nameof(Models))]
    public void A_shape_counts_to_the_published_parameters(string name)
    {
        var model = TestCatalog.Instance.Models[name];
        var published = model.PublishedParameters.ShouldNotBeNull();
        ParameterCount.Total(model).ShouldBe(published, published * 0.015);
        if (model.PublishedActiveParameters is not { } active) return;
        // Publishers count the input embedding among the active parameters or leave it out.
        var counts = new[] { ParameterCount.Active(model), ParameterCount.Active(model) + ParameterCount.Embeddings(model) };
        counts.Min(c => Math.Abs(c / active - 1)).ShouldBeLessThan(0.05, $"{name}: {counts[0] / 1e9:F2}B or {counts[1] / 1e9:F2}B against {active / 1e9:F2}B");
    }

    [Fact]
    public void Every_model_that_was_measured_or_named_is_there()
    {
        string[] needed =
        [
            "llama-2-7b", "llama-2-70b", "llama-3.1-8b", "llama-3.1-70b", "llama-3.1-405b", "mixtral-8x7b", "mistral-7b", "qwen3-8b", "qwen3-32b",
            "qwen3-235b-a22b", "qwen3-next-80b-a3b", "deepseek-ai/DeepSeek-V3", "deepseek-ai/DeepSeek-R1", "openai/gpt-oss-20b", "openai/gpt-oss-120b",
            "moonshotai/Kimi-K2-Instruct", "MiniMaxAI/MiniMax-M2.5", "bigscience/bloom", "opt-13b", "opt-66b", "opt-175b", "mamba-2.8b", "jamba-1.5-mini",
            "Qwen/Qwen3-32B", "meta-llama/Llama-3.1-70B", "nvidia/Llama-3.1-8B-Instruct-FP8", "deepseek-r1",
        ];
        needed.Where(n => TestCatalog.Instance.FindModel(n) is null).ShouldBeEmpty();
    }

    [Fact]
    public void No_alias_names_two_models()
    {
        TestCatalog.Instance.Models.Values.SelectMany(m => m.Aliases.Append(m.Name)).Select(a => a.ToUpperInvariant()).ShouldBeUnique();
    }

    [Fact]
    public void Latent_attention_stores_less_than_grouped_heads_and_those_less_than_one_per_query()
    {
        static double PerToken(string model) => TestCatalog.Instance.Models[model].Layers.Sum(g => (double)g.Count * g.KvElementsPerToken);
        PerToken("deepseek-v3").ShouldBe(61 * 576);
        PerToken("llama-3.1-405b").ShouldBeGreaterThan(7 * PerToken("deepseek-v3"));
        PerToken("bloom-176b").ShouldBeGreaterThan(7 * PerToken("llama-3.1-405b"));
        PerToken("mamba-2.8b").ShouldBe(0);
    }
}
