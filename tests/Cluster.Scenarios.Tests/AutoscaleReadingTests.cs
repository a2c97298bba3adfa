namespace Cluster.Scenarios.Tests;

public class AutoscaleReadingTests
{
    private static string With(string autoscale) => Scenarios.Disaggregated.TrimEnd() + $"\nautoscale: {{ {autoscale} }}\n";

    [Fact]
    public void A_pool_that_scales_has_as_many_instances_as_it_may_come_to_have()
    {
        var cluster = Scenarios.Read(With("pools: { decode: { max: 5 } }, provisioning: 30s, predictor: moving-average, dials: { window: 4 }")).OrThrow().Variants[0].Cluster;
        cluster.Instances.Count(i => i.Pool == "decode").ShouldBe(5);
        cluster.Instances.Count(i => i.Pool == "prefill").ShouldBe(2);
        var pool = cluster.Autoscale!.Pools.ShouldHaveSingleItem();
        (pool.Pool, pool.Min, pool.Max, pool.Initial).ShouldBe(("decode", 1, 5, 2));
        cluster.Autoscale.Dials["window"].ShouldBe(4);
    }

    [Theory]
    [InlineData("pools: { decod: { max: 5 } }", "autoscale.pools.decod", "Did you mean 'decode'?")]
    [InlineData("pools: { decode: { min: 3, max: 5 } }", "autoscale.pools.decode", "Set its 'instances' to 3, or widen the bounds.")]
    [InlineData("predictor: constant", "autoscale.pools", "Add e.g. 'pools: { decode: { min: 1, max: 4 } }'.")]
    public void Bounds_that_do_not_fit_are_met_with_what_to_do(string autoscale, string key, string suggestion)
    {
        var error = Scenarios.OnlyError(With(autoscale));
        (error.Key, error.Suggestion).ShouldBe((key, suggestion));
    }
}
