using Cluster.Engine.Topology;

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

    [Theory]
    [InlineData("gpt-oss-120b")]
    [InlineData("jamba-1.5-mini")]
    [InlineData("qwen3-next-80b-a3b")]
    public void Hybrid_models_share_one_pool_and_no_slot_is_lost_to_set_aside_state(string model)
    {
        var i = Instance(model, ", tp: 4");
        (i.Kv.TotalBlocks * i.Kv.BlockSize * i.Memory.KvBytesPerToken).ShouldBe(i.Memory.KvBytes, i.Kv.BlockSize * i.Memory.KvBytesPerToken);
        i.Scheduler.MaxNumSeqs.ShouldBe(1024);
        var group = i.Kv.Groups.ShouldHaveSingleItem();
        // Whole pages cost what the layers hold, and less than one page more.
        var pages = group.PagesFor(100_000, i.Kv.BlockSize) * i.Kv.BlockSize * i.Memory.KvBytesPerToken;
        pages.ShouldBeGreaterThanOrEqualTo(i.Memory.StateBytesPerSequence * 0.999);
        if (group.Kind == KvGroupKind.State) pages.ShouldBeLessThan(i.Memory.StateBytesPerSequence + (i.Kv.BlockSize * i.Memory.KvBytesPerToken));
        else (group.Pages, group.Tokens).ShouldBe((1, 128));
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

    [Fact]
    public void States_are_as_wide_as_the_user_the_checkpoint_or_the_engine_says_in_this_order()
    {
        var own = StateBits("qwen3-next-80b-a3b", "vllm");
        own.ShouldBe(16, "vLLM's own");
        StateBits("qwen3-next-80b-a3b", "trtllm").ShouldBe(16);
        StateBits("qwen3-next-80b-a3b", "sglang").ShouldBe(32);
        StateBits("qwen3.5-397b-a17b", "vllm").ShouldBe(32, "its checkpoint asks for them");
        StateBits("qwen3.5-397b-a17b", "vllm", "bf16").ShouldBe(16, "the user has the last word");
    }

    private static double StateBits(string model, string engine, string? states = null)
    {
        var set = states is null ? "" : $", mamba_ssm_cache_dtype: {states}";
        var scenario = $"{{ model: {model}, weights: fp8, engine: {{ profile: {engine}{set} }}, topology: {{ aggregated: {{ instances: 1, gpu: b200, tp: 8, ep: 8 }} }}, workload: {{ synthetic: {{ input: 10, output: 10 }}, concurrency: 1, requests: 1 }} }}";
        var instance = ScenarioFile.Parse(scenario, TestCatalog.Instance, "test").OrThrow().Variants[0].Cluster.Instances[0];
        var (layers, shape) = instance.Deployment.Model.Layers.Where(g => g.StateSpace is not null).Select(g => (g.Count, g.StateSpace!)).Single();
        var convolution = 2.0 * shape.ConvolutionChannels * (shape.ConvolutionSize - 1);
        return ((instance.Memory.StateBytesPerSequence * 8 / layers) - convolution) * 8 / shape.StateElements;
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
