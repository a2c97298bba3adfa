using Cluster.Engine.Faults;

namespace Cluster.Scenarios.Tests;

public class FaultReadingTests
{
    private static string With(string faults) => Scenarios.Disaggregated.TrimEnd() + $"\nfaults: {{ {faults} }}\n";

    [Fact]
    public void A_fault_aimed_at_a_pool_strikes_each_of_its_instances()
    {
        var cluster = Scenarios.Read(With("a: { kind: crash, at: 2s, for: 1s, target: decode }, b: { kind: router_restart, at: 1s }")).OrThrow().Variants[0].Cluster;
        cluster.Faults.OfType<InstanceCrash>().Select(f => (cluster.Instances[f.Instance].Name, f.AtNs, f.EndsNs))
            .ShouldBe([("decode-0", 2_000_000_000, 3_000_000_000), ("decode-1", 2_000_000_000, 3_000_000_000)]);
        FaultTimeline.Of(cluster.Faults).Select(c => (c.AtNs / 1_000_000_000, c.Passes)).ShouldBe([(1, false), (2, false), (2, false), (3, true), (3, true)]);
    }

    [Fact]
    public void An_instance_is_built_anew_on_the_degrees_that_are_named_and_keeps_the_others()
    {
        var cluster = Scenarios.Read(With("a: { kind: resize, at: 2s, target: decode-1, pp: 2, at_once: true }")).OrThrow().Variants[0].Cluster;
        var resize = cluster.Faults.ShouldHaveSingleItem().ShouldBeOfType<InstanceResize>();
        (cluster.Instances[resize.Instance].Name, resize.AtOnce).ShouldBe(("decode-1", true));
        resize.To.ShouldBe(cluster.Instances[resize.Instance].Deployment.Parallelism with { Pp = 2 });
    }

    [Fact]
    public void A_resized_instance_loads_its_weights_from_a_local_disk_unless_told_how_long()
    {
        var spec = Scenarios.Read(Scenarios.Disaggregated).OrThrow().Variants[0].Cluster.Instances[^1];
        foreach (var one in new[] { spec, spec.On(spec.Deployment.Parallelism with { Pp = 2 }).Instance! })
            (one.ModelLoadNs / 1e9).ShouldBe(one.Memory.WeightBytes * one.Deployment.Parallelism.Gpus / 7e9, 1e-6);
        var told = Scenarios.Read(Scenarios.Disaggregated.TrimEnd() + "\nengine: { model_load: 45s }\n").OrThrow().Variants[0].Cluster.Instances;
        told.ShouldAllBe(i => i.ModelLoadNs == 45_000_000_000);
    }

    [Fact]
    public void A_store_degrades_where_there_is_one()
    {
        Scenarios.Read(With("a: { kind: store, at: 2s, factor: 0, for: 1s }") + "engine: { kv_tiers: { remote: 1TB } }\n").OrThrow().Variants[0].Cluster
            .Faults.ShouldHaveSingleItem().ShouldBe(new StoreDegradation(2_000_000_000, 0) { ForNs = 1_000_000_000 });
        var error = Scenarios.Read(With("a: { kind: store, at: 2s, factor: 0.5 }")).Errors.ShouldHaveSingleItem();
        (error.Key, error.Message).ShouldBe(("faults.a", "No instance keeps KV in a remote store."));
        Scenarios.Read(With("a: { kind: store, at: 2s, factor: 2 }")).Errors.ShouldContain(e => e.Message == "A store degrades; it does not get faster.");
    }

    [Fact]
    public void At_one_moment_what_passes_comes_before_what_begins()
    {
        var cluster = Scenarios.Read(With("b: { kind: drain, at: 3s, target: decode-0 }, a: { kind: drain, at: 2s, for: 1s, target: decode-0 }")).OrThrow().Variants[0].Cluster;
        FaultTimeline.Of(cluster.Faults).Select(c => (c.AtNs / 1_000_000_000, c.Passes)).ShouldBe([(2, false), (3, true), (3, false)]);
    }

    [Theory]
    [InlineData("a: { kind: crahs, at: 2s, target: decode-0 }", "faults.a.kind", "Did you mean 'crash'?")]
    [InlineData("a: { kind: crash, at: 2s, target: decode-9 }", "faults.a.target", "Did you mean 'decode'?")]
    [InlineData("a: { kind: crash, at: 2s }", "faults.a.target", "Add e.g. 'target: decode-0'.")]
    [InlineData("a: { kind: slow, at: 2s, target: decode-0, factor: 0.5 }", "faults.a.factor", "The nearest is 1.")]
    [InlineData("a: { kind: slow_client, at: 2s, factor: 0 }", "faults.a.factor", "To lose clients, use 'disconnect'.")]
    [InlineData("a: { kind: slow_client, at: 2s }", "faults.a.factor", "Add e.g. 'factor: 5'.")]
    [InlineData("a: { kind: link, at: 2s, target: decode-0 }", "faults.a.factor", "Add e.g. 'factor: 0.1'.")]
    [InlineData("a: { kind: resize, at: 2s, target: decode-0 }", "faults.a", "Add e.g. 'tp: 8'.")]
    [InlineData("a: { kind: resize, at: 2s, target: decode, tp: 2 }", "faults.a", "Leave one decode instance as it is, or add one.")]
    public void A_bad_fault_is_met_with_what_to_do(string faults, string key, string suggestion)
    {
        var error = Scenarios.OnlyError(With(faults));
        (error.Key, error.Suggestion).ShouldBe((key, suggestion));
    }
}
