namespace Cluster.Scenarios.Tests;

public class ScenarioErrorTests
{
    [Fact]
    public void An_unknown_key_is_named_with_its_place_and_the_key_that_was_meant()
    {
        var error = Scenarios.OnlyError(Scenarios.Minimal + "\nsede: 3");
        error.At.ShouldBe(new SourceLocation("test.yaml", 9, 1));
        error.Key.ShouldBe("sede");
        error.Suggestion.ShouldBe("Did you mean 'seed'?");
        error.ToString().ShouldStartWith("test.yaml:9:1: sede: No such key. Allowed: ");
    }

    [Fact]
    public void A_misspelt_model_is_met_with_the_nearest_one()
    {
        var error = Scenarios.OnlyError(Scenarios.Minimal.Replace("llama-3.1-8b", "lama-3.1-8b"));
        (error.Key, error.Value, error.At.Line, error.At.Column).ShouldBe(("model", "lama-3.1-8b", 2, 8));
        error.Suggestion.ShouldBe("Did you mean 'llama-3.1-8b'?");
    }

    [Fact]
    public void All_errors_of_a_file_come_at_once_in_the_order_of_the_lines()
    {
        var result = Scenarios.Read("""
            model: lama-3.1-8b
            weights: fp9
            topology:
              aggregated: { gpu: h100, tp: 0 }
            workload:
              synthetic: { input: 0, output: many }
              rate: -4/s
              requests: 50
            time: { scale: fast }
            """);
        result.Scenario.ShouldBeNull();
        result.Errors.Select(e => e.Key).ShouldBe(
            ["model", "weights", "topology.aggregated.gpu", "topology.aggregated.tp", "workload.synthetic.input.mean",
             "workload.synthetic.output.mean", "workload.rate.mean", "time.scale"]);
        result.Errors.ShouldAllBe(e => e.Value != null && e.Allowed != null && e.At.Line > 0);
    }

    [Theory]
    [InlineData("rate: 4/s", "rate: -4/s", "workload.rate.mean", "more than 0/s")]
    [InlineData("rate: 4/s", "rate: 4", "workload.rate.mean", "more than 0/s")]
    [InlineData("requests: 50", "requests: 1.5", "workload.requests", "1 … ")]
    [InlineData("gpu: h100-sxm", "gpu: h100-sxm, tp: 4, ep: 3", "topology.aggregated.ep", "1, 2, 4")]
    public void A_bad_value_comes_with_what_is_allowed(string from, string to, string key, string allowed)
    {
        var error = Scenarios.OnlyError(Scenarios.Minimal.Replace(from, to));
        error.Key.ShouldBe(key);
        error.Allowed.ShouldNotBeNull().ShouldStartWith(allowed);
    }

    [Fact]
    public void What_several_variants_stumble_over_is_said_once()
    {
        var text = Scenarios.Minimal.Replace("  synthetic: { input: 100, output: 10 }", $"  trace: {Path.Combine(Repository.Root, "scenarios", "traces", "azure-conv-sample.csv")}").Replace("requests: 50", "requests: 50000");
        var error = Scenarios.OnlyError(text + "\ncompare: { other: { seed: 3 } }");
        error.Key.ShouldBe("workload.requests");
    }

    [Fact]
    public void What_the_topology_says_of_experts_is_held_against_the_ranks_of_each_pool()
    {
        var text = Scenarios.Minimal.Replace("llama-3.1-8b", "qwen3-30b-a3b");
        var topology = "  aggregated: { gpu: h100-sxm }";
        Scenarios.Read(text.Replace(topology, "  ep: 4\n  aggregated: { gpu: h100-sxm, tp: 4 }")).Errors.ShouldBeEmpty();
        var inPool = Scenarios.OnlyError(text.Replace(topology, "  ep: 4\n  aggregated: { gpu: h100-sxm, tp: 2 }"));
        (inPool.Key, inPool.Allowed).ShouldBe(("topology.aggregated.ep", "1, 2"));
        var inShape = Scenarios.OnlyError(text.Replace(topology, "  { shape: 1P1D, gpu: h100-sxm, link: nvlink4, tp: 2, ep: 4 }"));
        (inShape.Key, inShape.Allowed).ShouldBe(("topology.ep", "1, 2"));
    }

    [Fact]
    public void A_model_that_does_not_fit_is_refused_with_the_sum_that_shows_it()
    {
        var error = Scenarios.OnlyError(Scenarios.Disaggregated.Replace("weights: fp8", "weights: bf16").Replace(
            "decode:  { instances: 2, gpu: h100-sxm, tp: 4 }", "decode: { instances: 2, gpu: h100-sxm }"));
        error.Key.ShouldBe("topology.decode");
        error.Message.ShouldContain("llama-3.1-70b in bf16 does not fit: each of 1 × h100-sxm would hold 141.1 GB weights");
    }

    [Theory]
    [InlineData("qwen3-235b-a22b", "gpu: h100-sxm, tp: 8, weights: fp8-block", "192 is no multiple of the 128 columns of a block. Spread whole experts instead (ep 8), or use fp8.")]
    [InlineData("llama-3.1-8b", "gpu: mi300x, weights: nvfp4", "load mxfp4, fp8 or int4")]
    public void What_no_engine_loads_is_refused_with_what_would_load(string model, string pool, string said)
    {
        var text = Scenarios.Minimal.Replace("llama-3.1-8b", model).Replace("gpu: h100-sxm", pool);
        Scenarios.OnlyError(text).Message.ShouldContain(said);
    }

    [Fact]
    public void A_degree_that_does_not_divide_is_refused_at_its_key_with_the_nearest_that_does()
    {
        var error = Scenarios.OnlyError(Scenarios.Minimal.Replace("gpu: h100-sxm", "gpu: h100-sxm, tp: 3"));
        error.Key.ShouldBe("topology.aggregated.tp");
        error.Message.ShouldStartWith("tp 3 does not divide the 32 query heads of llama-3.1-8b; 2 would.");
    }

    [Fact]
    public void Prefill_without_decode_and_without_a_link_is_refused()
    {
        Scenarios.OnlyError(Scenarios.Disaggregated.Replace("  link: ib-ndr-400x4\n", "")).Key.ShouldBe("topology.link");
        var result = Scenarios.Read(Scenarios.Disaggregated.Replace("  decode:  { instances: 2, gpu: h100-sxm, tp: 4 }\n", ""));
        result.Errors.ShouldHaveSingleItem().Message.ShouldContain("need decode instances");
    }

    [Theory]
    [InlineData("model: [")]
    [InlineData("model: &a x\nname: *a")]
    [InlineData("- a list")]
    [InlineData("")]
    [InlineData("name: a\n---\nname: b")]
    public void Text_that_is_no_scenario_is_one_error_with_a_place(string text)
    {
        var error = Scenarios.OnlyError(text);
        error.At.Line.ShouldBeGreaterThan(0);
    }

    [Fact]
    public void A_seed_is_a_whole_number() => Scenarios.OnlyError(Scenarios.Minimal + "\nseed: 1.5").Key.ShouldBe("seed");

    [Fact]
    public void A_key_written_twice_is_an_error()
    {
        Scenarios.OnlyError(Scenarios.Minimal + "\nname: again").Message.ShouldBe("Written twice; first on line 1.");
    }

    [Fact]
    public void A_missing_file_suggests_the_one_that_is_there()
    {
        var folder = Directory.CreateTempSubdirectory();
        File.WriteAllText(Path.Combine(folder.FullName, "quickstart.yaml"), Scenarios.Minimal);
        var result = ScenarioFile.Load(Path.Combine(folder.FullName, "quikstart.yaml"), TestCatalog.Instance);
        result.Errors.ShouldHaveSingleItem().Suggestion.ShouldBe("Did you mean 'quickstart.yaml'?");
        folder.Delete(recursive: true);
    }

    [Fact]
    public void A_policy_and_its_dials_are_checked_against_the_engine()
    {
        Scenarios.OnlyError(Scenarios.Minimal + "\nrouter: kv-awre").Suggestion.ShouldBe("Did you mean 'kv-aware'?");
        Scenarios.OnlyError(Scenarios.Minimal + "\nrouter: { policy: kv-aware, dials: { temprature: 1 } }").Suggestion.ShouldBe("Did you mean 'temperature'?");
        Scenarios.OnlyError(Scenarios.Minimal + "\nrouter: { policy: kv-aware, dials: { temperature: -1 } }").Key.ShouldBe("router.dials.temperature");
    }

    [Fact]
    public void An_error_in_an_override_names_the_flag_that_brought_it()
    {
        var result = Scenarios.Read(Scenarios.Minimal, new ScenarioOverride("topology.aggregated.tp", "5"));
        result.Errors.ShouldHaveSingleItem().At.File.ShouldBe("--set topology.aggregated.tp=5");
    }
}
