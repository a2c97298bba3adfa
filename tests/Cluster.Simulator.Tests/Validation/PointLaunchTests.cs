using Cluster.Engine.Models;
using Cluster.Engine.Topology;
using Cluster.Scenarios.Catalogs;
using Cluster.Simulator.Validation;

namespace Cluster.Simulator.Tests.Validation;

/// <summary>What launch scripts set reaches the cluster that a point runs on.</summary>
public sealed class PointLaunchTests
{
    private static readonly Catalog s_catalog = Catalog.Load(Path.Combine(SmallScenario.RepositoryRoot, "catalog"));

    [Fact]
    public void A_dated_point_runs_as_its_script_launched_it()
    {
        var instance = Instance(Point("trtllm", "meta-llama/Llama-3.1-70B", 1024, 1024, tp: 4, new DateOnly(2025, 10, 29)));
        instance.Scheduler.MaxNumBatchedTokens.ShouldBe(16384);
        instance.Scheduler.EnableChunkedPrefill.ShouldBeFalse();
        instance.Scheduler.Dials["batch_wait_steps"].ShouldBe(20);
        Instance(Point("trtllm", "meta-llama/Llama-3.1-70B", 1024, 1024, tp: 8, new DateOnly(2025, 10, 29))).Scheduler.Dials.ShouldBeEmpty("its script waits below 8 ranks only");
    }

    [Fact]
    public void A_point_without_a_date_runs_with_the_engines_defaults()
    {
        var instance = Instance(Point("vllm", "meta-llama/Llama-3.1-70B", 1024, 1024, tp: 4, null));
        instance.Scheduler.ShouldBe(Catalog.DefaultScheduler(s_catalog.Engines["vllm"], s_catalog.Gpus["h200"]) with { Dials = instance.Scheduler.Dials });
    }

    [Fact]
    public void A_step_of_an_undated_TensorRT_LLM_point_takes_one_whole_prompt()
    {
        var point = Point("trtllm", "meta-llama/Llama-3.1-70B", 2048, 256, tp: 4, null);
        var scheduler = Instance(point).Scheduler;
        scheduler.MaxNumBatchedTokens.ShouldBeInRange(2048 + point.Concurrency, 2 * 2048);
        scheduler.EnableChunkedPrefill.ShouldBeFalse();
    }

    [Fact]
    public void Later_rules_replace_what_earlier_ones_set()
    {
        var book = s_catalog.Launches["inferencex"];
        LaunchedPool Pool(int concurrency) => new("sglang", "deepseek-v3", "b200", NumberFormat.Fp8Block, "aggregated", 1024, 1024, concurrency, 8, 1, new DateOnly(2026, 3, 25));
        book.For(Pool(8)).Dials["receive_interval"].ShouldBe(10);
        book.For(Pool(16)).Dials["receive_interval"].ShouldBe(30);
        book.For(Pool(16)).StreamInterval.ShouldBe(30);
        book.For(Pool(16)).MaxNumBatchedTokens.ShouldBe(16384);
        book.For(Pool(16) with { Date = new DateOnly(2025, 12, 31) }).MaxNumBatchedTokens.ShouldBe(32768);
    }

    [Fact]
    public void Every_model_and_gpu_that_a_launch_rule_names_is_in_the_catalog()
    {
        foreach (var rule in s_catalog.Launches.Values.SelectMany(b => b.Rules))
        {
            foreach (var model in rule.Models) s_catalog.Models.Keys.ShouldContain(model, rule.Script);
            foreach (var gpu in rule.Gpus) s_catalog.Gpus.Keys.ShouldContain(gpu, rule.Script);
            s_catalog.Engines.Keys.ShouldContain(rule.Engine, rule.Script);
        }
    }

    [Fact]
    public void Rows_of_the_day_that_drafts_were_added_verify_drafts()
    {
        var day = new DateOnly(2026, 1, 14);
        Instance(Point("trtllm", "deepseek-ai/DeepSeek-R1", 1024, 1024, tp: 8, day)).Deployment.Speculation.ShouldNotBeNull().DraftTokens.ShouldBe(3);
        Instance(Point("trtllm", "deepseek-ai/DeepSeek-R1", 1024, 1024, tp: 8, day.AddDays(1))).Deployment.Speculation.ShouldBeNull();
    }

    [Fact]
    public void Rows_that_were_benchmarked_without_warm_up_are_predicted_and_fit_no_TTFT()
    {
        var day = new DateOnly(2026, 1, 14);
        var cold = Point("trtllm", "deepseek-ai/DeepSeek-R1", 1024, 1024, tp: 8, day);
        var warm = cold with { Date = day.AddDays(1) };
        var other = Point("vllm", "meta-llama/Llama-3.1-70B", 1024, 1024, tp: 8, day);
        Weights(cold).ShouldBe((1, 0));
        Weights(warm).ShouldBe((1, 0.5));
        Weights(other).ShouldBe((1, 0.5), "another engine's row of that day");
        var report = ValidationReport.Run([cold, warm], s_catalog);
        report.Rows[0].TtftApe.ShouldNotBeNull("printed and counted in full");
        const string Said = "benchmarked without warm-up: prompts waited for kernels to be compiled; their TTFT is no part of the fit";
        report.Rows[0].Assumptions.ShouldContain(Said);
        report.Rows[1].Assumptions.ShouldNotContain(Said);

        static (double Tpot, double Ttft) Weights(MeasuredPoint point) => new HostFit(s_catalog, [point]).Sample.ShouldHaveSingleItem() is var row ? (row.Weight, row.TtftWeight) : default;
    }

    [Fact]
    public void Experts_that_tensor_parallelism_would_cut_amid_a_block_lie_whole_on_one_rank_each()
    {
        var cut = Point("vllm", "MiniMaxAI/MiniMax-M2.5", 1024, 1024, tp: 8, new DateOnly(2026, 3, 1));
        Instance(cut).Deployment.Parallelism.Ep.ShouldBe(8, "1536 ÷ 8 is 192");
        Instance(cut with { Serving = cut.Serving with { Tp = 4 } }).Deployment.Parallelism.Ep.ShouldBe(1, "1536 ÷ 4 is three blocks");
        ValidationReport.Run([cut], s_catalog).Rows[0].Assumptions.ShouldContain(a => a.Contains("blocks of 128 columns"));
    }

    private static InstanceSpec Instance(MeasuredPoint point) => PointMapping.Map(point, s_catalog).Cluster.ShouldNotBeNull().Instances[0];

    private static MeasuredPoint Point(string engine, string model, int input, int output, int tp, DateOnly? date) =>
        new("x", engine, "", model, "h200_sxm", "fp8", "fp8", input, output, 16, null, new WorkerShape(1, tp, 1, 1, 1, 1), 200, 20) { Date = date };
}
