namespace Cluster.Scenarios.Tests;

public class KvSizingTests
{
    private static Cluster.Engine.Topology.InstanceSpec Instance(string model, string more = "") =>
        Scenarios.Read($"model: {model}\ntopology: {{ shape: 1A, gpu: h100-sxm{more} }}\nworkload: {{ synthetic: {{ input: 1, output: 1 }}, concurrency: 1, requests: 1 }}\n")
            .OrThrow().Variants[0].Cluster.Instances[0];

    [Fact]
    public void Full_attention_fills_all_that_is_left()
    {
        var i = Instance("llama-3.1-8b");
        (i.Kv.TotalBlocks * i.Kv.BlockSize * i.Memory.KvBytesPerToken).ShouldBe(i.Memory.KvBytes, i.Kv.BlockSize * i.Memory.KvBytesPerToken);
    }

    [Fact]
    public void Windows_beside_full_attention_are_set_aside_for_a_full_batch()
    {
        var i = Instance("gpt-oss-120b", ", tp: 8");
        var used = i.Kv.TotalBlocks * i.Kv.BlockSize * i.Memory.KvBytesPerToken + i.Scheduler.MaxNumSeqs * i.Memory.StateBytesPerSequence;
        used.ShouldBe(i.Memory.KvBytes, i.Memory.KvBytes / 100);
        i.Scheduler.MaxNumSeqs.ShouldBe(1024);
    }

    [Fact]
    public void A_model_of_windows_alone_holds_whole_windows()
    {
        var i = Instance("mistral-7b");
        (i.Kv.TotalBlocks * 16 / 4096.0).ShouldBe(i.Memory.KvBytes / i.Memory.StateBytesPerSequence, 1);
    }

    [Fact]
    public void A_model_without_KV_is_bounded_by_its_batch_alone()
    {
        var i = Instance("mamba-2.8b");
        i.Kv.TotalBlocks.ShouldBeGreaterThan(100_000_000);
        (i.Scheduler.MaxNumSeqs * i.Memory.StateBytesPerSequence).ShouldBeLessThanOrEqualTo(i.Memory.KvBytes);
    }

    [Theory]
    [InlineData("llama-3.1-8b")]
    [InlineData("mistral-7b")]
    [InlineData("gpt-oss-20b")]
    public void Two_attention_replicas_hold_twice_the_tokens(string model)
    {
        var (one, two) = (Instance(model), Instance(model, ", dp: 2, ep: 1"));
        ((double)two.Kv.TotalBlocks / one.Kv.TotalBlocks).ShouldBe(2, 0.35);
    }
}
