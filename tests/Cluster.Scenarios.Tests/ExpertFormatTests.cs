using Cluster.Engine.Cost;
using Cluster.Engine.Hardware;
using Cluster.Engine.Models;

namespace Cluster.Scenarios.Tests;

/// <summary>In which format routed experts run when a scenario does not say.</summary>
public sealed class ExpertFormatTests
{
    [Theory]
    [InlineData("deepseek-v3", "h200", NumberFormat.Fp8, NumberFormat.Fp8Block)]
    [InlineData("deepseek-v3", "a100-80g", NumberFormat.Fp8, NumberFormat.Fp8)]
    [InlineData("deepseek-v3", "h200", NumberFormat.Bf16, NumberFormat.Bf16)]
    [InlineData("gpt-oss-120b", "h200", NumberFormat.Bf16, NumberFormat.Mxfp4)]
    public void Experts_run_as_mixture_models_are_published(string model, string gpu, NumberFormat weights, NumberFormat experts) =>
        Of(model, gpu, weights).EffectiveExpertWeights.ShouldBe(experts);

    [Fact]
    public void A_stated_format_of_experts_stands() =>
        (Of("deepseek-v3", "h200", NumberFormat.Fp8) with { ExpertWeights = NumberFormat.Fp8 }).EffectiveExpertWeights.ShouldBe(NumberFormat.Fp8);

    private static Deployment Of(string model, string gpu, NumberFormat weights) =>
        new(TestCatalog.Instance.Models[model], TestCatalog.Instance.Gpus[gpu], new Parallelism(8), weights, NumberFormat.Bf16) { Engine = TestCatalog.Instance.Engines["vllm"] };
}
