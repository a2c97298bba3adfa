using Cluster.Engine.Cost;
using Cluster.Engine.Cost.FirstOrder;
using Cluster.Engine.Hardware;
using Cluster.Engine.Models;
using Cluster.Engine.Topology;
using Cluster.Scenarios.Calc;

namespace Cluster.Scenarios.Tests;

public class CalcTests
{
    [Theory]
    [InlineData(3.35e12, "B/s", "3.35 TB/s")]
    [InlineData(69.5e9, "", "69.5B")]
    [InlineData(0.0432, "s", "43.2 ms")]
    [InlineData(7e-6, "s", "7 µs")]
    [InlineData(1327104, "tokens", "1,327,104 tokens")]
    [InlineData(0.5, "", "0.5")]
    [InlineData(1978.9e12, "FLOP/s", "1,978.9 TFLOP/s")]
    public void Numbers_are_shown_in_the_size_that_reads_best(double value, string unit, string text) => LawNumberText.Show(value, unit).ShouldBe(text);

    [Theory]
    [InlineData("70B", "", 70e9)]
    [InlineData("3.35TB/s", "B/s", 3.35e12)]
    [InlineData("80GiB", "B", 80.0 * 1024 * 1024 * 1024)]
    [InlineData("989.4TFLOP/s", "FLOP/s", 989.4e12)]
    [InlineData("7us", "s", 7e-6)]
    [InlineData("4096", "tokens", 4096)]
    public void Numbers_are_read_with_or_without_their_unit(string text, string unit, double value)
    {
        LawNumberText.TryParse(text, unit, out var read).ShouldBeTrue();
        read.ShouldBe(value, value * 1e-12);
    }

    [Fact]
    public void Every_number_that_the_catalog_gives_is_asked_for_by_some_law()
    {
        var catalog = TestCatalog.Instance;
        var given = catalog.Models.Values.SelectMany(m => CatalogNumbers.Of(m, NumberFormat.Fp8, NumberFormat.Fp8).Keys)
            .Concat(catalog.Gpus.Values.SelectMany(g => CatalogNumbers.Of(g, NumberFormat.Fp8).Keys))
            .Concat(catalog.Links.Values.SelectMany(l => CatalogNumbers.Of(l).Keys)).Distinct();
        given.Except(Laws.All.SelectMany(l => l.Inputs).Select(i => i.Given)).ShouldBeEmpty();
    }

    [Fact]
    public void A_model_whose_layers_are_all_alike_stores_what_the_simple_law_says()
    {
        var numbers = CatalogNumbers.Of(TestCatalog.Instance.Models["llama-3.1-70b"], NumberFormat.Bf16, NumberFormat.Fp8);
        numbers["kv-per-token"].Value.ShouldBe(KvPerToken.Bytes(80, 8, 128, 1));
        var latent = CatalogNumbers.Of(TestCatalog.Instance.Models["deepseek-v3"], NumberFormat.Bf16, NumberFormat.Fp8);
        latent["kv-per-token"].Value.ShouldBe(LatentKvPerToken.Bytes(61, 512, 64, 1));
    }

    [Fact]
    public void Every_model_says_what_a_sequence_holds_as_its_memory_plan_does()
    {
        var catalog = TestCatalog.Instance;
        foreach (var model in catalog.Models.Values)
        {
            var deployment = new Deployment(model, catalog.Gpus["h200"], new Parallelism(1), NumberFormat.Bf16, NumberFormat.Bf16) { Engine = catalog.Engines["vllm"] };
            var plan = MemoryPlanner.Plan(deployment, new SchedulerSpec("vllm", 256, 8192), 0.9);
            var given = CatalogNumbers.Of(model, NumberFormat.Bf16, NumberFormat.Bf16);
            double Of(string name) => given.TryGetValue(name, out var number) ? number.Value : 0;
            Of("kv-per-token").ShouldBe(plan.KvBytesPerToken, 1, model.Name);
            ((Of("window-kv") * Of("window")) + Of("state")).ShouldBe(plan.StateBytesPerSequence, 1, model.Name);
            Of("weight-bytes").ShouldBe(plan.WeightBytes, plan.WeightBytes * 0.01, model.Name);
        }
    }

    [Fact]
    public void Sparse_attention_keeps_every_token_though_it_reads_few()
    {
        var numbers = CatalogNumbers.Of(TestCatalog.Instance.Models["deepseek-v3.2"], NumberFormat.Bf16, NumberFormat.Fp8);
        numbers["kv-per-token"].Value.ShouldBe(LatentKvPerToken.Bytes(61, 512, 64, 1));
    }

    [Fact]
    public void Of_a_hybrid_only_layers_with_attention_keep_KV()
    {
        var jamba = CatalogNumbers.Of(TestCatalog.Instance.Models["jamba-1.5-mini"], NumberFormat.Bf16, NumberFormat.Bf16);
        jamba["layers"].Value.ShouldBe(32);
        jamba["attention-layers"].Value.ShouldBe(4);
        jamba["kv-per-token"].Value.ShouldBe(KvPerToken.Bytes(4, jamba["kv-heads"].Value, jamba["head-size"].Value, 2));
    }

    [Theory]
    [InlineData("deepseek-v3", "kv-heads", "see latent-kv-per-token")]
    [InlineData("llama-3.1-70b", "latent", "see kv-per-token")]
    [InlineData("llama-3.1-70b", "experts", "is dense")]
    [InlineData("mamba-2.8b", "attention-layers", "has no attention")]
    public void A_number_that_a_model_cannot_have_says_why(string model, string number, string reason) =>
        CatalogNumbers.Lacks(TestCatalog.Instance.Models[model], [number]).ShouldHaveSingleItem().ShouldContain(reason);
}
