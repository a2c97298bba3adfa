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
    [InlineData("neuralmagic/Meta-Llama-3.1-405B-Instruct-FP8", "llama-3.1-405b")]
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

    [Theory]
    [InlineData("id,backend,model_path,isl\na,vllm,m,1\n", "It lacks the columns system, osl, gemm_quant_mode, silicon_ttft_ms, silicon_tpot_ms, silicon_concurrency (or batch_size).")]
    [InlineData("id,isl\na\n", "Line 2 does not have the columns of line 1")]
    [InlineData("id,isl\na,\"b\"c\n", "Line 2 does not have the columns of line 1")]
    [InlineData("", "The table is empty.")]
    public void A_file_that_is_no_table_of_points_says_what_it_lacks(string text, string reason)
    {
        var file = Path.Combine(Path.GetTempPath(), $"points-{Guid.NewGuid():N}.csv");
        try
        {
            File.WriteAllText(file, text);
            Should.Throw<FormatException>(() => MeasuredPoint.Read(file)).Message.ShouldContain(reason);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public void A_row_that_makes_no_sense_is_reported_and_the_others_run()
    {
        var file = Path.Combine(Path.GetTempPath(), $"points-{Guid.NewGuid():N}.csv");
        try
        {
            File.WriteAllLines(file,
            [
                "id,backend,backend_version,model_path,system,mode,isl,osl,gemm_quant_mode,moe_quant_mode,tp_size,silicon_ttft_ms,silicon_tpot_ms,silicon_concurrency,measured_date",
                "a,dynamo-trtllm,9.9,meta-llama/Llama-3.1-70B,b300_sxm,agg,128,8,fp8,fp8,8,100,10,1,2026-05-01",
                "b,vllm,0.14,meta-llama/Llama-3.1-70B,h200_sxm,agg,many,8,fp8,fp8,8,100,10,1,",
                "c,vllm,0.14,meta-llama/Llama-3.1-70B,h200_sxm,static,128,8,fp8,fp8,wide,100,,1,May",
            ]);
            var report = ValidationReport.Run(MeasuredPoint.Read(file), Shipped);
            report.Rows.Select(r => r.NotCovered).ShouldBe(
                [
                    null,
                    "Column 'isl' holds 'many', which is no count of 1 or more.",
                    "Column 'mode' holds 'static', which is neither agg nor disagg. Column 'tp_size' holds 'wide', which is no number of ranks. "
                    + "Column 'silicon_tpot_ms' holds '', which is no time above 0. Column 'measured_date' holds 'May', which is no date like 2026-03-01.",
                ]);
            report.Rows[0].Point.Engine.ShouldBe("trtllm");
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public void Whatever_a_prediction_takes_for_granted_is_said()
    {
        var point = new MeasuredPoint("p", "trtllm", "9.9", "Qwen/Qwen3-8B", "b300_sxm", "fp8", "fp8", 128, 8, 1, null, new WorkerShape(1, 1, 1, 1, 1, 1), 100, 10);
        var assumed = ValidationReport.Run([point], Shipped).Rows[0].Assumptions;
        assumed.Count.ShouldBe(3);
        assumed[0].ShouldStartWith("trtllm 9.9 runs as profile trtllm, fitted on ");
        assumed[1].ShouldBe("b300 runs b200's kernels, scaled by peak rates: its own were not measured");
        assumed[2].ShouldStartWith("without a date: ");
        ValidationReport.Run([point with { Date = new DateOnly(2026, 5, 1) }], Shipped).Rows[0].Assumptions[2].ShouldStartWith("no launch script is known of qwen3-8b on b300 with trtllm");
    }

    private static (Engine.Topology.ClusterSpec? Cluster, string? NotCovered) Map(string model, string dense = "fp8", string experts = "fp8") => PointMapping.Map(
        new MeasuredPoint("p", "vllm", "0.14", model, "b200_sxm", dense, experts, 1024, 1024, 8, null, new WorkerShape(1, 8, 1, 1, 1, 1), 100, 10), Shipped);
}
