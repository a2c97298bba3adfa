using Cluster.Engine.Hardware;
using Cluster.Engine.Models;
using Cluster.Engine.Requests;
using Cluster.Engine.Topology;
using Cluster.Scenarios.Sections;

namespace Cluster.Scenarios.Tests;

public class ScenarioReadingTests
{
    [Fact]
    public void A_disaggregated_scenario_resolves_to_its_instances_with_blocks_from_HBM()
    {
        var variant = Scenarios.Read(Scenarios.Disaggregated).OrThrow().Variants.ShouldHaveSingleItem();
        var cluster = variant.Cluster;
        cluster.Name.ShouldBe("2P2D");
        cluster.Instances.Select(i => i.Name).ShouldBe(["prefill-0", "prefill-1", "decode-0", "decode-1"]);
        cluster.Gpus.ShouldBe(16);
        cluster.Link.ShouldNotBeNull().Name.ShouldBe("ib-ndr-400x4");
        var decode = cluster.Instances[2];
        decode.Role.ShouldBe(InstanceRole.Decode);
        decode.Deployment.Weights.ShouldBe(NumberFormat.Fp8);
        (decode.Scheduler.Policy, decode.Scheduler.MaxNumSeqs, decode.Scheduler.MaxNumBatchedTokens).ShouldBe(("vllm", 1024, 8192));
        // What is left of 92 % of the HBM, over 2 · 80 layers · 8 heads · 128 bytes ÷ 4 ranks per token, in blocks of 16.
        decode.Memory.KvBytesPerToken.ShouldBe(40960);
        decode.Kv.TotalBlocks.ShouldBe((long)(decode.Memory.KvBytes / 40960) / 16);
    }

    [Fact]
    public void A_variant_lays_its_changes_over_the_scenario()
    {
        var result = Scenarios.Read(Scenarios.Disaggregated + """

            slo: { ttft: 500ms, tpot: 50ms }
            compare:
              aggregated:
                topology: { aggregated: { instances: 4, gpu: h100-sxm, tp: 4 } }
              slower: { workload: { rate: 1/s }, slo: { ttft: ~ } }
            """).OrThrow();
        result.Variants.Select(v => v.Cluster.Name).ShouldBe(["2P2D", "aggregated", "slower"]);
        var aggregated = result.Variants[1];
        aggregated.Cluster.IsDisaggregated.ShouldBeFalse();
        aggregated.Cluster.Link.ShouldBeNull();
        aggregated.Variant.Topology.Shape.ShouldBe("4A");
        aggregated.Cluster.Slo.ShouldBe(new SloSpec(500_000_000, 50_000_000));
        result.Variants[2].Variant.Workload.Rate.ShouldBe(new RateSection(RateShape.Constant, 1));
        result.Variants[2].Cluster.Slo.ShouldBe(new SloSpec(null, 50_000_000));
        result.Variants[2].Cluster.Instances.Length.ShouldBe(4);
    }

    [Fact]
    public void A_shape_and_common_keys_stand_for_pools()
    {
        var cluster = Scenarios.Read("""
            model: llama-3.1-8b
            topology: { shape: 1P3D2A, gpu: h100-sxm, tp: 2, link: ib-ndr-400x4, decode: { tp: 4 } }
            workload: { synthetic: { input: 1, output: 1 }, concurrency: 3, requests: 4 }
            """).OrThrow().Variants[0].Cluster;
        cluster.Name.ShouldBe("1P3D2A");
        cluster.Instances.Select(i => (i.Pool, i.Deployment.Parallelism.Tp)).ShouldBe(
            [("prefill", 2), ("decode", 4), ("decode", 4), ("decode", 4), ("aggregated", 2), ("aggregated", 2)]);
    }

    [Fact]
    public void A_pool_overrides_formats_and_engine_keys_of_its_scenario()
    {
        var cluster = Scenarios.Read(Scenarios.Disaggregated.Replace("decode:  { instances: 2, gpu: h100-sxm, tp: 4 }",
            "decode: { gpu: a100-80g, tp: 8, weights: bf16, kv: bf16, engine: { max_num_seqs: 64 } }")
            + "\nengine: { max_num_batched_tokens: 4096, enable_prefix_caching: false }").OrThrow().Variants[0].Cluster;
        var decode = cluster.Instances.Single(i => i.Role == InstanceRole.Decode);
        (decode.Deployment.Gpu.Name, decode.Deployment.Weights).ShouldBe(("a100-80g", NumberFormat.Bf16));
        (decode.Scheduler.MaxNumSeqs, decode.Scheduler.MaxNumBatchedTokens, decode.Kv.EnablePrefixCaching).ShouldBe((64, 4096, false));
        cluster.Instances[0].Scheduler.MaxNumSeqs.ShouldBe(1024);
    }

    [Fact]
    public void Further_pools_have_a_name_and_a_role()
    {
        var cluster = Scenarios.Read(Scenarios.Disaggregated.Replace("  link:", "  pools: { spare: { role: decode, gpu: a100-80g, tp: 8 } }\n  link:"))
            .OrThrow().Variants[0].Cluster;
        cluster.Instances.Select(i => i.Name).ShouldContain("spare-0");
        cluster.Name.ShouldBe("2P3D");
    }

    [Fact]
    public void Flags_alone_make_a_scenario()
    {
        var result = ScenarioFile.FromFlags(
        [
            new("model", "llama-3.1-8b", "--model"), new("topology.shape", "2A", "--topology"), new("topology.gpu", "h100-sxm", "--gpu"),
            new("topology.tp", "2", "--tp"), new("workload.synthetic", "{ input: 100, output: 10 }", "--synthetic"),
            new("workload.rate", "2/s", "--rate"), new("workload.requests", "9", "--requests"),
        ], TestCatalog.Instance).OrThrow();
        result.Variants[0].Cluster.Instances.ShouldAllBe(i => i.Deployment.Parallelism == new Parallelism(2, 1, 1, 1));
        ((Workload.OpenLoop)result.Variants[0].Workload).Requests.Count().ShouldBe(9);
    }

    [Fact]
    public void A_pools_number_of_instances_wins_over_the_shape_that_counted_it()
    {
        const string Text = """
            model: llama-3.1-8b
            topology: { shape: 2P3D, gpu: h100-sxm, link: ib-ndr-400x4, decode: { tp: 2 } }
            workload: { synthetic: { input: 512, output: 128 }, rate: 4/s, requests: 10 }
            """;
        string Shape(params ScenarioOverride[] changes) => Scenarios.Read(Text, changes).OrThrow().Variants[0].Variant.Name;
        Shape().ShouldBe("2P3D");
        Shape(new ScenarioOverride("topology.prefill.instances", "5")).ShouldBe("5P3D");
        Shape(new ScenarioOverride("topology.prefill.instances", "1"), new ScenarioOverride("topology.decode.instances", "4")).ShouldBe("1P4D");
        var source = new ScenarioSource(Text, "test.yaml", [new ScenarioOverride("topology.decode.instances", "4")]);
        Scenarios.Read(source.Write("written", ".")).OrThrow().Variants[0].Variant.Name.ShouldBe("2P4D");
    }

    [Fact]
    public void A_pools_setting_is_for_the_variants_that_have_the_pool()
    {
        const string Text = """
            model: llama-3.1-8b
            topology: { prefill: { instances: 1, gpu: h100-sxm }, decode: { instances: 1, gpu: h100-sxm }, link: ib-ndr-400x4 }
            workload: { synthetic: { input: 512, output: 128 }, rate: 4/s, requests: 10 }
            compare: { together: { topology: { shape: 2A, gpu: h100-sxm } } }
            """;
        var apart = Scenarios.Read(Text, new ScenarioOverride("topology.prefill.instances", "3")).OrThrow().Variants;
        apart.Select(v => v.Cluster.Instances.Length).ShouldBe([4, 2]);
        apart[1].Variant.SettingsOfOthers.ShouldBe(["topology.prefill.instances"]);
        var together = Scenarios.Read(Text, new ScenarioOverride("topology.aggregated.instances", "5")).OrThrow().Variants;
        together.Select(v => v.Cluster.Instances.Length).ShouldBe([2, 5]);
        Scenarios.Read(Text, new ScenarioOverride("topology.pools.none.instances", "5")).Ok.ShouldBeFalse();
    }

    [Fact]
    public void A_setting_of_every_pool_reaches_each_pool_of_each_variant()
    {
        const string Text = """
            model: llama-3.1-8b
            topology: { prefill: { instances: 1, gpu: h100-sxm }, decode: { instances: 1, gpu: h100-sxm, tp: 2 }, link: ib-ndr-400x4 }
            workload: { synthetic: { input: 512, output: 128 }, rate: 4/s, requests: 10 }
            compare:
              together: { topology: { shape: 2A, gpu: h100-sxm } }
              named: { topology: { pools: { big: { role: aggregated, instances: 1, gpu: h100-sxm } } } }
            """;
        var change = new ScenarioOverride("topology.*.gpu", "h200");
        var variants = Scenarios.Read(Text, change).OrThrow().Variants;
        variants.SelectMany(v => v.Cluster.Instances).Select(i => i.Deployment.Gpu.Name).Distinct().ShouldBe(["h200"]);
        variants.Sum(v => v.Cluster.Instances.Length).ShouldBe(5);
        var written = new ScenarioSource(Text, "test.yaml", [change]).Write("written", ".");
        Scenarios.Read(written).OrThrow().Variants[0].Cluster.Instances.Select(i => i.Deployment.Gpu.Name).ShouldBe(["h200", "h200"]);
    }

    [Fact]
    public void An_override_wins_in_every_variant()
    {
        var result = Scenarios.Read(Scenarios.Minimal + "\ncompare: { other: { seed: 1 } }", new ScenarioOverride("seed", "7")).OrThrow();
        result.Variants.Select(v => v.Cluster.Seed).ShouldBe([7UL, 7UL]);
    }

    [Fact]
    public void Everything_a_scenario_leaves_open_has_its_engines_default()
    {
        var a100 = Scenarios.Read(Scenarios.Minimal.Replace("h100-sxm", "a100-80g")).OrThrow().Variants[0].Cluster.Instances[0];
        (a100.Scheduler.MaxNumSeqs, a100.Scheduler.MaxNumBatchedTokens, a100.Kv.BlockSize).ShouldBe((256, 2048, 16));
        var old = Scenarios.Read(Scenarios.Minimal + "\nengine: { policy: static }").OrThrow().Variants[0].Cluster.Instances[0];
        (old.Scheduler.EnableChunkedPrefill, old.Kv.EnablePrefixCaching, old.Kv.ContiguousReservation).ShouldBe((false, false, true));
        var blocks = Scenarios.Read(Scenarios.Minimal + "\nengine: { num_gpu_blocks_override: 77 }").OrThrow().Variants[0].Cluster.Instances[0];
        blocks.Kv.TotalBlocks.ShouldBe(77);
    }
}
