using System.Text.Json.Nodes;
using Cluster.Engine.Models;
using Cluster.Engine.Topology;
using Cluster.Scenarios;
using Cluster.Simulator.Planning;
using Cluster.Simulator.Reporting;

namespace Cluster.Simulator.Tests.Planning;

public sealed class PlannerTests
{
    private static readonly ModelError Unknown = new(null, "a test's");
    private static readonly PlanReport Four = Run(4);

    private static PlanReport Run(int gpus, string text = SmallScenario.Text, int degree = 1, params ScenarioOverride[] overrides) =>
        new Planner(SmallScenario.Catalog, Unknown, degree).Run(
            SmallScenario.Source(text).With(overrides) with { Only = "" }, new PlanSpace(gpus) { Formats = [(NumberFormat.Bf16, NumberFormat.Bf16)] });

    [Fact]
    public void Candidates_of_both_kinds_are_simulated_within_the_budget()
    {
        Four.Results.ShouldContain(r => r.Candidate.IsDisaggregated);
        Four.Results.ShouldContain(r => !r.Candidate.IsDisaggregated);
        Four.Results.ShouldAllBe(r => r.Candidate.Gpus <= 4);
    }

    [Fact]
    public void The_best_has_the_most_goodput_per_gpu_and_is_on_the_front()
    {
        Four.Best!.GoodputPerGpu.ShouldBe(Four.Results.Max(r => r.GoodputPerGpu), 1e-3, "as tables show it");
        Four.Pareto.ShouldContain(Four.Best);
    }

    [Fact]
    public void Chunks_of_other_lengths_are_tried_on_the_best_topology_of_each_kind_for_the_instances_that_compute_prompts()
    {
        var tried = Four.Results.Where(r => r.Candidate.StepTokens is not null).ToList();
        tried.ShouldNotBeEmpty();
        foreach (var result in tried)
        {
            var cluster = SmallScenario.Source().Read(SmallScenario.Catalog, result.Candidate.Overrides()).OrThrow().Variants[0].Cluster;
            cluster.Instances.Where(i => i.Scheduler.MaxNumBatchedTokens == result.Candidate.StepTokens).Select(i => i.Role).Distinct()
                .ShouldBe([result.Candidate.IsDisaggregated ? InstanceRole.Prefill : InstanceRole.Aggregated]);
            result.Candidate.Name.ShouldEndWith($" chunks of {result.Candidate.StepTokens}");
        }
    }

    [Fact]
    public void Nothing_dominates_the_front()
    {
        foreach (var a in Four.Pareto)
        {
            Four.Results.ShouldNotContain(b => b.Peak.Load > 0 && b.GoodputPerGpu > a.GoodputPerGpu
                && b.Peak.Report.TtftMs.P90 < a.Peak.Report.TtftMs.P90 && b.Peak.Report.TpotMs.P90 < a.Peak.Report.TpotMs.P90);
        }
    }

    [Fact]
    public void Plans_do_not_depend_on_the_degree_of_parallelism() =>
        PlanJson.Of(Run(4, degree: 3)).ToJsonString().ShouldBe(PlanJson.Of(Four).ToJsonString());

    [Fact]
    public void The_winner_carries_less_where_every_latency_is_longer_than_predicted_and_is_tried_live_at_that_load()
    {
        Four.WithModelError.ShouldBeNull();
        var source = SmallScenario.Source() with { Only = "" };
        var report = new Planner(SmallScenario.Catalog, new ModelError(0.6, "a test's")).Run(source, new PlanSpace(2) { Formats = [(NumberFormat.Bf16, NumberFormat.Bf16)] });
        report.WithModelError!.Load.ShouldBeInRange(0.01, report.Best!.Peak.Load * 0.99);
        report.Verdict.ShouldContain("Were all latencies 60 % longer than predicted");

        var trials = PlanTrial.Of(report, source, SmallScenario.Catalog, TestContext.Current.CancellationToken);
        trials[0].Candidate.ShouldBe(report.Best.Candidate);
        trials[0].Load.ShouldBe(report.WithModelError.Load);
        var asPredicted = new PlanConfirmation(trials[0], trials[0].Predicted);
        asPredicted.IsConfirmed.ShouldBeTrue();
        asPredicted.PredictedAttained.ShouldBeGreaterThan(0.9);
        new PlanConfirmation(trials[0], trials[0].Predicted with { GoodputRps = trials[0].Predicted.GoodputRps * 0.8 }).IsConfirmed.ShouldBeFalse();
    }

    [Fact]
    public void A_scenario_of_two_models_is_told_to_be_planned_one_by_one()
    {
        const string Two = """
            model: llama-3.1-8b
            topology: { gpu: h100-sxm, pools: { small: { role: aggregated }, large: { role: aggregated, model: mistral-7b } } }
            workload: { synthetic: { input: 512, output: 32 }, rate: 5/s, requests: 10, classes: { a: { share: 1, model: llama-3.1-8b }, b: { share: 1, model: mistral-7b } } }
            slo: { ttft: 300ms }
            """;
        Should.Throw<PlanException>(() => Run(4, Two)).Message.ShouldContain("llama-3.1-8b and mistral-7b");
    }

    [Fact]
    public void Routers_are_tried_where_there_is_something_to_choose() =>
        Run(2).Results.ShouldAllBe(r => r.Candidate.Router == null || Math.Max(r.Candidate.X, r.Candidate.Y) > 1);

    [Fact]
    public void The_winner_read_from_its_file_runs_as_it_was_found()
    {
        var source = SmallScenario.Source() with { Only = "" };
        var text = source.With(Four.Best!.Candidate.Overrides()).Write("winner", ".");
        var variant = ScenarioFile.Parse(text, SmallScenario.Catalog).OrThrow().Variants.Single();
        var run = ClusterSimulation.Run(variant.Cluster, SustainedLoad.Of(variant.Workload, Four.Best.Peak.Load));
        VariantReport.Of(run).GoodputRps.ShouldBe(Four.Best.Peak.Report.GoodputRps);
    }

    [Fact]
    public void An_objective_that_nobody_meets_names_the_nearest_and_what_blocks_it()
    {
        var report = Run(2, SmallScenario.Text, 1, new ScenarioOverride("slo.ttft", "2ms"));
        report.Best.ShouldBeNull();
        report.Verdict.ShouldContain("The nearest is");
        report.Verdict.ShouldContain("TTFT p90 is");
        // Nobody meets it once: the nearest is the one that is least too slow.
        report.Results.ShouldAllBe(r => r.Peak.Report.GoodputRps == 0 && r.Peak.Report.TtftMs.P90 >= report.Results[0].Peak.Report.TtftMs.P90);
        report.Verdict.ShouldContain($"The nearest is {report.Results[0].Candidate.Name}, ");
        report.DisaggregationPays.ShouldBeNull();
    }

    [Fact]
    public void A_budget_too_small_for_the_model_says_how_many_it_takes()
    {
        var bad = Should.Throw<PlanException>(() => Run(1, """
            model: llama-3.1-70b
            topology: { aggregated: { instances: 1, gpu: h100-sxm, tp: 8 } }
            workload: { synthetic: { input: 512, output: 32 }, rate: 2/s, requests: 10 }
            slo: { ttft: 1s }
            """));
        bad.Message.ShouldContain("too few");
        bad.Message.ShouldContain("1 would do in int4");
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(16, 16)]
    [InlineData(128, 128)]
    [InlineData(129, 64)]
    [InlineData(300, 100)]
    [InlineData(100_000, 127)]
    public void A_budget_that_is_too_large_to_be_simulated_falls_to_the_fewest_groups(int gpus, int each)
    {
        var space = new PlanSpace(gpus);
        space.GroupGpus.ShouldBe(each);
        space.IsGrouped.ShouldBe(gpus > PlanSpace.MostTogether);
        // Less than one GPU in each group is left over.
        (gpus - (gpus / each * each)).ShouldBeLessThan(Math.Max(1, gpus / each));
    }

    [Fact]
    public void A_budget_of_a_hundred_thousand_GPUs_is_spent_on_groups_alike_and_figures_are_of_all_of_them()
    {
        const string Busy = """
            model: llama-3.1-8b
            topology: { aggregated: { instances: 1, gpu: h100-sxm, tp: 8 } }
            workload: { synthetic: { input: 4000, output: 16 }, rate: 40/s, requests: 60 }
            slo: { ttft: 1s, tpot: 50ms }
            """;
        var (large, group) = (Run(100_000, Busy), Run(127, Busy));
        large.Results.Select(r => r.Candidate.Name).ShouldBe(group.Results.Select(r => r.Candidate.Name));
        group.Results.Select(r => r.Groups).Distinct().ShouldBe([1]);
        foreach (var result in large.Results) result.Gpus.ShouldBeInRange(100_001 - result.Candidate.Gpus, 100_000, "no room for one group more");

        var (best, one) = (large.Best!, group.Best!);
        best.Name.ShouldBe($"{best.Groups} × {one.Name}");
        best.GoodputRps.ShouldBe(best.Groups * one.GoodputRps, 1e-6);
        best.GoodputPerGpu.ShouldBe(one.GoodputPerGpu, 1e-9);
        large.Verdict.ShouldStartWith($"Best: {best.Name} on {best.Gpus} GPUs carries ");

        var (json, single) = (JsonNode.Parse(PlanJson.Of(large).ToJsonString())!, JsonNode.Parse(PlanJson.Of(group).ToJsonString())!);
        json["group_gpus"]!.GetValue<int>().ShouldBe(127);
        foreach (var key in (string[])["gpus", "max_goodput_rps", "load", "arrivals_rps", "estimated_rps", "dollars_per_hour"])
            json["best"]![key]!.GetValue<double>().ShouldBe(best.Groups * single["best"]![key]!.GetValue<double>(), 1e-6, key);
        json["best"]!["groups"]!.GetValue<int>().ShouldBe(best.Groups);
        json["best"]!["ttft_ms"]!.ToJsonString().ShouldBe(single["best"]!["ttft_ms"]!.ToJsonString());
    }

    [Fact]
    public void Types_of_GPU_are_chosen_among_and_named_and_ranked_by_price()
    {
        var types = new[] { "h100-sxm", "h200" }.Select(n => SmallScenario.Catalog.FindGpu(n)!).ToList();
        var report = Plan(new PlanSpace(2) { Formats = [(NumberFormat.Bf16, NumberFormat.Bf16)], GpuTypes = types, Rank = PlanRank.PerDollar });

        foreach (var combination in (string[])["/h100-sxm", "/h200", "h100-sxm/h200", "h200/h100-sxm"])
            report.Results.Select(r => $"{r.Candidate.Prefill?.Gpu.Name}/{r.Candidate.Decode.Gpu.Name}").ShouldContain(combination);
        report.Results.ShouldAllBe(r => r.Candidate.Name.Contains(r.Candidate.Decode.Gpu.Name));
        report.Results.Select(r => Math.Round(r.GoodputPerDollar ?? 0)).ShouldBeInOrder(SortDirection.Descending);
        report.Best!.GoodputPerDollar!.Value.ShouldBe(report.Best.Peak.GoodputRps * 3600 / report.Best.Candidate.DollarsPerHour, 1e-9);
        report.Verdict.ShouldContain("per dollar");
    }

    [Fact]
    public void A_type_without_a_price_cannot_be_ranked_by_it()
    {
        var free = SmallScenario.Catalog.FindGpu("h100-sxm")! with { Name = "gift", DollarsPerHour = 0 };
        Should.Throw<PlanException>(() => Plan(new PlanSpace(2) { GpuTypes = [free], Rank = PlanRank.PerDollar })).Message.ShouldContain("gift");
    }

    [Fact]
    public void Splits_follow_the_heads_not_the_powers_of_two()
    {
        // 40 heads fall to five ranks evenly; 32 query heads over 8 KV heads do not.
        var gpu = SmallScenario.Catalog.FindGpu("h100-sxm")!;
        var like = SmallScenario.Source().Read(SmallScenario.Catalog).OrThrow().Variants[0].Cluster.Instances[0].Deployment;
        Tp("opt-13b").ShouldBe([1, 2, 4, 5, 8]);
        Tp("llama-3.1-8b").ShouldBe([1, 2, 4, 8]);

        IEnumerable<int> Tp(string model) => PlanSplits.Of(like with { Model = SmallScenario.Catalog.FindModel(model)!, Gpu = gpu }, 8).Where(p => p.Pp == 1).Select(p => p.Tp);
    }

    [Fact]
    public void Mixtures_of_experts_are_also_tried_with_attention_replicated_over_expert_ranks()
    {
        var like = SmallScenario.Source().Read(SmallScenario.Catalog).OrThrow().Variants[0].Cluster.Instances[0].Deployment;
        var splits = PlanSplits.Of(like with { Model = SmallScenario.Catalog.FindModel("qwen3-30b-a3b")! }, 8).ToList();
        splits.ShouldContain(p => p.Tp == 1 && p.Dp == 8 && p.Ep == 8);
        splits.ShouldContain(p => p.Tp == 4 && p.Dp == 2 && p.Ep == 8);
        splits.ShouldAllBe(p => p.Gpus <= 8);
    }

    private static PlanReport Plan(PlanSpace space) => new Planner(SmallScenario.Catalog, Unknown).Run(SmallScenario.Source() with { Only = "" }, space);

    [Fact]
    public void A_plan_without_an_objective_asks_for_one() =>
        Should.Throw<PlanException>(() => Run(2, """
            model: llama-3.1-8b
            topology: { aggregated: { instances: 1, gpu: h100-sxm } }
            workload: { synthetic: { input: 512, output: 32 }, rate: 2/s, requests: 10 }
            """)).Message.ShouldContain("--slo");

    [Fact]
    public void A_difference_smaller_than_the_models_error_is_no_verdict()
    {
        var error = new ModelError(0.1, "docs/validation.md");
        error.IsBeyond(0.04).ShouldBeFalse();
        error.Caveat(0.04).ShouldContain("within the model's error of 10 %");
        error.IsBeyond(0.2).ShouldBeTrue();
        Unknown.IsBeyond(0.02).ShouldBeFalse();
        Unknown.Caveat(0.02).ShouldContain("not published yet");
    }

    [Fact]
    public void Load_and_its_edge_agree()
    {
        var variant = SmallScenario.Source().Read(SmallScenario.Catalog).OrThrow().Variants[0];
        var peak = Headroom.Find(variant.Cluster, variant.Workload);
        Headroom.IsCarried(peak.Report).ShouldBeTrue();
        var beyond = VariantReport.Of(ClusterSimulation.Run(variant.Cluster, SustainedLoad.Of(variant.Workload, peak.Load * 2)));
        Headroom.IsCarried(beyond).ShouldBeFalse();
    }

    [Fact]
    public void What_a_cluster_carries_is_told_in_arrivals_per_second_not_in_answers_until_the_last_one_ends()
    {
        var variant = SmallScenario.Source().Read(SmallScenario.Catalog).OrThrow().Variants[0];
        var peak = Headroom.Find(variant.Cluster, variant.Workload);
        peak.GoodputRps.ShouldBe(peak.ArrivalsPerSecond!.Value * peak.Report.GoodputRps * peak.Report.DurationS / peak.Report.Requests, 1e-9);
        peak.GoodputRps.ShouldBeGreaterThan(peak.Report.GoodputRps);
        peak.CostPerMillionTokens!.Value.ShouldBeLessThan(peak.Report.CostPerMillionTokens!.Value);
    }

    [Fact]
    public void The_verdict_says_on_which_side_of_the_edge_the_scenarios_own_load_lies()
    {
        var path = Path.Combine(SmallScenario.RepositoryRoot, "scenarios", "quickstart.yaml");
        var report = new Planner(SmallScenario.Catalog, Unknown).Run(new ScenarioSource(File.ReadAllText(path), path, []) { Only = "" }, new PlanSpace(8));
        report.DisaggregationPays.ShouldBe(true);
        report.Verdict.ShouldContain($"own 8.0 req/s are {(report.PaysFromRps < 8 ? "more" : "less")} than that");
    }
}
