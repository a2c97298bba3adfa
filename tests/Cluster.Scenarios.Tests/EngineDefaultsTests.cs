using Cluster.Engine.Topology;
using Cluster.Scenarios.Catalogs;

namespace Cluster.Scenarios.Tests;

/// <summary>What a pool runs with where its scenario says nothing.</summary>
public sealed class EngineDefaultsTests
{
    [Theory]
    [InlineData("vllm")]
    [InlineData("sglang")]
    [InlineData("trtllm")]
    public void Each_attention_replica_has_the_limits_that_an_engine_alone_would_have(string profile)
    {
        var own = Catalog.DefaultScheduler(Catalog.Default.Engines[profile], Catalog.Default.Gpus["b200"]);
        var eight = Scheduler($"engine: {{ profile: {profile} }}");
        eight.MaxNumBatchedTokens.ShouldBe(8 * own.MaxNumBatchedTokens);
        eight.MaxNumSeqs.ShouldBe(8 * own.MaxNumSeqs);
    }

    [Fact]
    public void Limits_that_a_scenario_sets_are_the_instances()
    {
        var set = Scheduler("engine: { max_num_batched_tokens: 16000, max_num_seqs: 400 }");
        (set.MaxNumBatchedTokens, set.MaxNumSeqs).ShouldBe((16_000, 400));
    }

    private static SchedulerSpec Scheduler(string engine) =>
        Scenarios.Read($"model: deepseek-v3\nweights: fp8-block\n{engine}\ntopology: {{ shape: 1A, gpu: b200, dp: 8, ep: 8 }}\nworkload: {{ synthetic: {{ input: 1, output: 1 }}, concurrency: 1, requests: 1 }}\n")
            .OrThrow().Variants[0].Cluster.Instances[0].Scheduler;
}
