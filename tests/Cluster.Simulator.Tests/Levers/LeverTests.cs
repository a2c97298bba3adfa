using Cluster.Engine.Diagnosis;
using Cluster.Simulator.Levers;

namespace Cluster.Simulator.Tests.Levers;

public sealed class LeverTests
{
    private const string Pair = """
        model: llama-3.1-8b
        topology:
          prefill: { instances: 1, gpu: h100-sxm }
          decode: { instances: 1, gpu: h100-sxm }
          link: ib-ndr-400x4
        engine: { max_num_batched_tokens: 4096 }
        workload: { synthetic: { input: 2048, output: 32 }, rate: 12/s, requests: 60 }
        slo: { ttft: 400ms, tpot: 20ms }
        """;

    private static readonly LeverTable Small = new LeverRunner(SmallScenario.Catalog, withPeak: false).Run(SmallScenario.Source() with { Only = "" });

    [Fact]
    public void Names_are_unique_and_every_lever_says_when_it_pays_and_when_it_hurts()
    {
        LeverRegistry.All.Select(l => l.Name).ShouldBeUnique();
        LeverRegistry.All.ShouldAllBe(l => l.Pays.Length > 0 && l.Trap.Length > 0 && l.Summary.Length > 0 && l.Moves != Wall.Idle);
    }

    [Fact]
    public void Every_lever_is_pulled_or_says_why_not() =>
        (Small.Pulled.Count + Small.Idle.Count).ShouldBe(LeverRegistry.All.Count);

    [Fact]
    public void Four_bit_weights_speed_up_decode_and_are_called_a_trap_for_prefill()
    {
        var int4 = Small.Pulled.Single(p => p.Lever.Name == "int4-weights");
        int4.Effect.TpotP50.ShouldBeLessThan(0.8);
        var fp8 = Small.Pulled.Single(p => p.Lever.Name == "fp8-weights");
        int4.Effect.Prefill.ShouldBeGreaterThan(fp8.Effect.Prefill);
    }

    [Fact]
    public void A_trap_says_of_times_how_much_longer_they_are()
    {
        var harmful = Small.Pulled.Where(p => p.Trap is { } trap && trap.Contains("TTFT p99", StringComparison.Ordinal)).ToList();
        harmful.ShouldNotBeEmpty();
        foreach (var pulled in harmful)
        {
            var sign = pulled.Trap!.Split("TTFT p99 ")[1][0];
            (sign is '+' or '×').ShouldBe(pulled.Effect.TtftP99 > 1, $"{pulled.Lever.Name}: {pulled.Trap}");
        }
    }

    [Fact]
    public void A_trap_speaks_of_the_most_goodput_only_where_it_was_looked_for() =>
        Small.Pulled.ShouldAllBe(p => p.Trap == null || !p.Trap.Contains("max goodput", StringComparison.Ordinal));

    [Fact]
    public void Speculation_says_which_acceptance_its_figures_take_for_granted() =>
        LeverRegistry.All.Single(l => l.Name == "speculative-decoding").Assumes.ShouldNotBeNull().ShouldContain("probability 0.8");

    [Fact]
    public void Halving_the_bytes_of_kv_doubles_capacity() =>
        Small.Pulled.Single(p => p.Lever.Name == "fp8-kv").Effect.Capacity.ShouldBe(2, 0.01);

    [Fact]
    public void A_lever_on_the_wrong_wall_is_told_to_have_no_effect()
    {
        var window = Small.Idle.Single(i => i.Lever.Name == "kv-window");
        window.Because.ShouldContain("fit in");
        Small.Idle.Single(i => i.Lever.Name == "expert-parallelism").Because.ShouldContain("no experts");
    }

    [Fact]
    public void Levers_on_the_numbers_of_instances_hold_on_a_shape_too()
    {
        var text = Pair.Replace("prefill: { instances: 1, gpu: h100-sxm }", "shape: 2P2D", StringComparison.Ordinal).Replace("decode: { instances: 1, gpu: h100-sxm }", "gpu: h100-sxm", StringComparison.Ordinal);
        ILever[] levers = [LeverRegistry.Find("more-prefill")!, LeverRegistry.Find("more-decode")!, LeverRegistry.Find("wider-tp")!];
        var table = new LeverRunner(SmallScenario.Catalog, withPeak: false).Run(SmallScenario.Source(text) with { Only = "" }, levers);
        table.Idle.ShouldBeEmpty();
        table.Pulled.Count.ShouldBe(3);
    }

    [Fact]
    public void Another_model_in_the_place_of_one_of_several_still_gets_its_requests()
    {
        const string Two = """
            model: llama-3.1-8b
            topology: { gpu: h100-sxm, pools: { small: { role: aggregated }, large: { role: aggregated, model: llama-3.1-70b, tp: 4 } } }
            workload: { synthetic: { input: 512, output: 32 }, rate: 5/s, requests: 40, classes: { easy: { share: 1, model: llama-3.1-8b }, hard: { share: 1, model: llama-3.1-70b } } }
            """;
        var table = new LeverRunner(SmallScenario.Catalog, withPeak: false).Run(SmallScenario.Source(Two) with { Only = "" }, [LeverRegistry.Find("latent-attention")!]);
        table.Pulled.Single().Measure.AtLoad.Completed.ShouldBe(40);
    }

    [Fact]
    public void A_host_tier_moves_the_capacity_wall_of_agents_and_is_no_lever_where_nothing_recurs()
    {
        const string Agents = """
            model: llama-3.1-8b
            topology: { aggregated: { gpu: h100-sxm } }
            engine: { num_gpu_blocks_override: 2_000 }
            workload: { agents: { calls: 5, task: 4000, tool_output: 100, output: 20, tool_time: 5s }, rate: 30/min, requests: 100 }
            """;
        var levers = new[] { LeverRegistry.Find("host-kv-tier")! };
        var table = new LeverRunner(SmallScenario.Catalog, withPeak: false).Run(SmallScenario.Source(Agents) with { Only = "" }, levers);
        table.Pulled.Single().Effect.TtftP50.ShouldBeLessThan(0.8);
        Small.Idle.Single(i => i.Lever.Name == "host-kv-tier").Because.ShouldContain("no prompt begins");
    }

    [Fact]
    public void A_lever_keeps_the_number_of_gpus()
    {
        var table = new LeverRunner(SmallScenario.Catalog, withPeak: false).Run(SmallScenario.Source(Pair) with { Only = "" });
        table.Pulled.ShouldAllBe(p => p.Measure.AtLoad.Gpus == table.Base.AtLoad.Gpus);
        table.Pulled.ShouldContain(p => p.Lever.Name == "aggregation");
        table.Pulled.ShouldContain(p => p.Lever.Name == "layerwise-transfer");
    }

    [Fact]
    public void The_table_does_not_depend_on_the_degree_of_parallelism()
    {
        var parallel = new LeverRunner(SmallScenario.Catalog, withPeak: false, degree: 4).Run(SmallScenario.Source() with { Only = "" });
        LeverJson.Of(parallel, []).ToJsonString().ShouldBe(LeverJson.Of(Small, []).ToJsonString());
    }

    [Fact]
    public void A_stack_applies_the_best_first_and_diagnoses_after_each()
    {
        var runner = new LeverRunner(SmallScenario.Catalog, withPeak: false);
        var source = SmallScenario.Source() with { Only = "" };
        var stack = LeverStack.Build(runner, source, Small, 2);
        stack.Count.ShouldBeInRange(1, 2);
        stack[0].Lever.Effect.Score.ShouldBeGreaterThanOrEqualTo(stack[^1].Lever.Effect.Score);
        stack[^1].After.Report.TpotMs.P50.ShouldBeLessThan(Small.Base.AtLoad.TpotMs.P50);
    }
}
