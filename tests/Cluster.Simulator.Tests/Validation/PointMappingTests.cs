using Cluster.Engine.Models;
using Cluster.Scenarios.Catalogs;
using Cluster.Simulator.Validation;

namespace Cluster.Simulator.Tests.Validation;

public sealed class PointMappingTests
{
    private static readonly Catalog Shipped = Catalog.Load(Path.Combine(SmallScenario.RepositoryRoot, "catalog"));

    [Theory]
    [InlineData("amd/DeepSeek-R1-0528-MXFP4-Preview", "deepseek-v3")]
    [InlineData("nvidia/DeepSeek-R1-0528-NVFP4-v2", "deepseek-v3")]
    [InlineData("amd/Llama-3.1-405B-Instruct-FP8-KV", "llama-3.1-405b")]
    [InlineData("RedHatAI/Llama-3.3-70B-Instruct-FP8-dynamic", "llama-3.1-70b")]
    [InlineData("nvidia/Qwen3-30B-A3B-NVFP4", "qwen3-30b-a3b")]
    [InlineData("zai-org/GLM-5-FP8", "glm-5")]
    public void A_quantised_checkpoint_runs_as_the_model_it_repacks(string path, string model) =>
        Map(path).Cluster.ShouldNotBeNull().Instances[0].Deployment.Model.Name.ShouldBe(model);

    [Theory]
    [InlineData("amd/DeepSeek-R2-MXFP4")]
    [InlineData("deepseek-ai/DeepSeek-R1-Lite")]
    [InlineData("Qwen/Qwen3-FP8")]
    public void A_model_that_only_resembles_one_is_not_covered(string path)
    {
        var (cluster, reason) = Map(path);
        cluster.ShouldBeNull();
        reason.ShouldBe($"model {path} is not in the catalog");
    }

    [Fact]
    public void The_NVL72_generations_are_their_own_GPUs_with_72_in_a_domain() =>
        Shipped.FindGpu("gb300").ShouldNotBeNull().GpusPerDomain.ShouldBe(72);

    [Fact]
    public void Experts_run_in_their_own_column_s_format()
    {
        var deployment = Map("moonshotai/Kimi-K2.5", "bfloat16", "int4_wo").Cluster.ShouldNotBeNull().Instances[0].Deployment;
        deployment.Weights.ShouldBe(NumberFormat.Bf16);
        deployment.EffectiveExpertWeights.ShouldBe(NumberFormat.Int4);
        Map("openai/gpt-oss-120b", "nvfp4", "nvfp4").Cluster.ShouldNotBeNull().Instances[0].Deployment.EffectiveExpertWeights.ShouldBe(NumberFormat.Mxfp4);
        Map("moonshotai/Kimi-K2.5", "fp8", "int3").NotCovered.ShouldBe("expert format int3 is not known");
    }

    private static (Engine.Topology.ClusterSpec? Cluster, string? NotCovered) Map(string model, string dense = "fp8", string experts = "fp8") => PointMapping.Map(
        new MeasuredPoint("p", "vllm", "0.14", model, "b200_sxm", dense, experts, 1024, 1024, 8, null, new WorkerShape(1, 8, 1, 1, 1, 1), 100, 10), Shipped);
}
