using Cluster.Engine.Cost.FirstOrder;
using Cluster.Engine.Models;
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
        given.Except(Laws.All.SelectMany(l => l.Inputs).Select(i => i.Name)).ShouldBeEmpty();
    }

    [Fact]
    public void A_model_whose_layers_are_all_alike_stores_what_the_simple_law_says()
    {
        var numbers = CatalogNumbers.Of(TestCatalog.Instance.Models["llama-3.1-70b"], NumberFormat.Bf16, NumberFormat.Fp8);
        numbers["kv-per-token"].Value.ShouldBe(KvPerToken.Bytes(80, 8, 128, 1));
        var latent = CatalogNumbers.Of(TestCatalog.Instance.Models["deepseek-v3"], NumberFormat.Bf16, NumberFormat.Fp8);
        latent["kv-per-token"].Value.ShouldBe(LatentKvPerToken.Bytes(61, 512, 64, 1));
    }
}
