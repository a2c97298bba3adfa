using Cluster.Engine.Diagnosis;

namespace Cluster.Engine.Tests.Diagnosis;

public sealed class DecisionTreeTests
{
    private static readonly TreeFacts Healthy = new()
    {
        Model = "tiny",
        OneGpuBytes = 16e9,
        UsableBytes = 72e9,
        MinimumGpus = 1,
        InstanceGpus = 1,
        CapacitySequences = 100,
        MeanConcurrency = 10,
        WaitingForBlocks = 0,
        Preemptions = 0,
        TpotP90Ms = 20,
        TpotSloMs = 50,
        TtftP90Ms = 100,
        TtftSloMs = 500,
        QueueShareOfTtft = 0.1,
        RequestsPerSecond = 5,
        GoodputRps = 5,
        PrefillWall = Wall.Compute,
        DecodeWall = Wall.Bandwidth,
    };

    private static string Verdict(TreeFacts facts) => DecisionTree.Verdict(DecisionTree.Ask(facts));

    [Fact]
    public void A_healthy_cluster_needs_no_lever() => Verdict(Healthy).ShouldStartWith("Nothing is too slow");

    [Fact]
    public void Capacity_is_asked_before_speed()
    {
        var verdict = Verdict(Healthy with { WaitingForBlocks = 0.4, TpotP90Ms = 80 });
        verdict.ShouldContain("KV quantisation");
        verdict.ShouldContain("40 %");
    }

    [Fact]
    public void Slow_tokens_bound_by_bandwidth_ask_for_narrower_weights() =>
        Verdict(Healthy with { TpotP90Ms = 80 }).ShouldContain("narrower weights");

    [Fact]
    public void Slow_tokens_bound_by_the_host_do_not() =>
        Verdict(Healthy with { TpotP90Ms = 80, DecodeWall = Wall.Host }).ShouldContain("CUDA graphs");

    [Fact]
    public void Missed_goodput_with_fast_tokens_asks_for_system_levers() =>
        Verdict(Healthy with { GoodputRps = 3 }).ShouldContain("system levers");

    [Fact]
    public void A_model_too_large_for_its_gpus_asks_for_parallelism_until_it_is_spread()
    {
        var large = Healthy with { OneGpuBytes = 140e9, MinimumGpus = 4 };
        Verdict(large).ShouldContain("parallelism");
        Verdict(large with { InstanceGpus = 4 }).ShouldStartWith("Nothing is too slow");
    }
}
