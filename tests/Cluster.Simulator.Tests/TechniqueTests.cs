using System.Globalization;
using Cluster.Scenarios;
using Cluster.Scenarios.Catalogs;
using Cluster.Simulator.Reporting;

namespace Cluster.Simulator.Tests;

/// <summary>Every technique of the cost model, pulled once from a scenario's keys through a run: which way it moves what clients see, and what is refused.</summary>
public sealed class TechniqueTests
{
    private const string Dense = """
        model: llama-3.1-70b
        weights: fp8
        topology: { aggregated: { instances: 1, gpu: h100-sxm, tp: 4 } }
        workload: { synthetic: { input: 2000, output: 24 }, concurrency: 4, requests: 8 }
        """;

    private const string Mixture = """
        model: deepseek-v3
        weights: fp8-block
        engine: { profile: sglang }
        topology: { aggregated: { instances: 1, gpu: h200, dp: 8, ep: 8 } }
        workload: { synthetic: { input: 2000, output: 24 }, concurrency: 16, requests: 32 }
        """;

    /// <summary>What must be smaller with the second set of keys than with the first: ttft, tpot, or what an instance holds (negative: larger) in kv.</summary>
    [Theory]
    [InlineData("dense", "weights=bf16", "weights=fp8", "ttft tpot -kv")]
    [InlineData("dense", "weights=bf16", "weights=fp8-e5m2", "ttft tpot -kv")]
    [InlineData("dense", "weights=bf16", "weights=int8", "ttft tpot -kv")]
    [InlineData("dense", "weights=int8", "weights=fp8", "ttft")]
    [InlineData("dense", "weights=fp8", "weights=int4", "-ttft tpot -kv")]
    [InlineData("dense", "weights=fp8", "weights=mxfp4", "-ttft tpot -kv")]
    [InlineData("dense", "topology.aggregated.gpu=b200; weights=fp8", "topology.aggregated.gpu=b200; weights=nvfp4", "ttft tpot -kv")]
    [InlineData("dense", "topology.aggregated.gpu=b200; weights=bf16", "topology.aggregated.gpu=b200; weights=mxfp8", "ttft tpot -kv")]
    [InlineData("dense", "kv=bf16", "kv=fp8", "-kv")]
    [InlineData("dense", "engine.profile=trtllm; kv=bf16", "engine.profile=trtllm; kv=int8", "-kv")]
    [InlineData("dense", "engine.profile=lmdeploy; weights=bf16; kv=int8", "engine.profile=lmdeploy; weights=bf16; kv=int4", "-kv")]
    [InlineData("dense", "model=llama-2-7b; topology.aggregated.tp=1", "model=llama-3.1-8b; topology.aggregated.tp=1", "-kv")]
    [InlineData("dense", "engine.fusion=false", "engine.fusion=true", "ttft tpot")]
    [InlineData("dense", "engine.enforce_eager=true", "engine.enforce_eager=false", "tpot")]
    [InlineData("dense", "seed=1", "engine.retention={window: 128, sinks: 4}", "tpot")]
    [InlineData("dense", "engine.retention={window: 128, sinks: 4, heavy_hitters: 1500}", "engine.retention={window: 128, sinks: 4, heavy_hitters: 64}", "tpot")]
    [InlineData("dense", "topology.aggregated.tp=4", "topology.aggregated.tp=8", "ttft tpot -kv")]
    [InlineData("dense", "topology.aggregated.pp=1", "topology.aggregated.pp=2", "tpot -kv")]
    [InlineData("dense", "workload.synthetic.input=30000; workload.concurrency=1", "workload.synthetic.input=30000; workload.concurrency=1; topology.aggregated.pp=2", "ttft")]
    [InlineData("dense", "seed=1", "engine.speculative={method: draft_model, num_speculative_tokens: 4, acceptance_rate: 0.8, draft_cost: 0.05}", "tpot")]
    [InlineData("dense", "seed=1", "engine.speculative={method: medusa, num_speculative_tokens: 4, acceptance_rate: 0.8}", "tpot")]
    [InlineData("dense", "engine.speculative={method: eagle, num_speculative_tokens: 4, acceptance_rate: 0.5}", "engine.speculative={method: eagle, num_speculative_tokens: 4, acceptance_rate: 0.8}", "tpot")]
    [InlineData("dense", "model=llama-3.1-8b; workload.synthetic.input=16000", "model=mistral-7b; workload.synthetic.input=16000", "tpot")]
    [InlineData("dense", "model=llama-3.1-70b", "model=jamba-1.5-mini", "-kv")]
    [InlineData("dense", "model=codestral-mamba-7b; engine.mamba_ssm_cache_dtype=fp32", "model=codestral-mamba-7b; engine.mamba_ssm_cache_dtype=bf16", "tpot")]
    [InlineData("mixture", "engine.routing_skew=1", "engine.routing_skew=0", "ttft")]
    [InlineData("mixture", "engine.routing_skew=1", "engine.routing_skew=1; engine.redundant_experts=32", "ttft")]
    [InlineData("mixture", "topology.aggregated.ep=1", "topology.aggregated.ep=8", "ttft tpot")]
    [InlineData("mixture", "topology.aggregated.dp=1; topology.aggregated.tp=8", "topology.aggregated.dp=8", "-kv")]
    [InlineData("mixture", "engine.two_batch_overlap=false", "engine.two_batch_overlap=true", "ttft")]
    [InlineData("mixture", "workload.synthetic.input=200", "workload.synthetic.input=200; engine.speculative={method: mtp, num_speculative_tokens: 1, acceptance_rate: 0.9}", "tpot")]
    [InlineData("mixture", "workload.synthetic.input=60000; workload.requests=2; workload.concurrency=2", "model=deepseek-v3.2; workload.synthetic.input=60000; workload.requests=2; workload.concurrency=2", "ttft")]
    public void A_technique_moves_what_it_is_known_to_move(string scenario, string before, string after, string smaller)
    {
        var (one, other) = (Figures(scenario, before), Figures(scenario, after));
        foreach (var what in smaller.Split(' '))
        {
            var figure = what.TrimStart('-');
            var (was, now) = (one[figure], other[figure]);
            var ratio = what.StartsWith('-') ? was / now : now / was;
            ratio.ShouldBeLessThan(1, string.Create(CultureInfo.InvariantCulture, $"{figure}: {was:G4} with {before}, {now:G4} with {after}"));
        }
    }

    [Theory]
    [InlineData("dense", "kv=int4", "kv int4", "vllm offers")]
    [InlineData("dense", "topology.aggregated.tp=3", "tp 3", "64 query heads", "2 would")]
    [InlineData("dense", "topology.aggregated.ep=2", "has no experts", "ep 1")]
    [InlineData("dense", "engine.two_batch_overlap=true", "two_batch_overlap", "ep 1")]
    [InlineData("dense", "engine.redundant_experts=8", "redundant_experts 8", "no experts")]
    [InlineData("dense", "engine.speculative={method: mtp, num_speculative_tokens: 1, acceptance_rate: 0.8}", "mtp", "eagle")]
    [InlineData("dense", "weights=bf16; topology.aggregated.tp=1", "does not fit", "more GPUs")]
    [InlineData("mixture", "model=mixtral-8x7b; weights=bf16; topology.aggregated.dp=16; topology.aggregated.ep=16", "ep 16", "8 experts")]
    [InlineData("mixture", "topology.aggregated.ep=16", "ep", "1, 2, 4, 8")]
    [InlineData("mixture", "engine.redundant_experts=3", "259 experts", "ep 8")]
    [InlineData("mixture", "topology.aggregated.tp=256; topology.aggregated.dp=1; topology.aggregated.ep=1", "tp 256", "128 query heads")]
    public void What_cannot_be_is_refused_with_the_reason(string scenario, string keys, params string[] says)
    {
        var refusal = string.Join('\n', Read(scenario, keys).Errors);
        foreach (var word in says) refusal.ShouldContain(word);
    }

    private static Dictionary<string, double> Figures(string scenario, string keys)
    {
        var variant = Read(scenario, keys).OrThrow().Variants[0];
        var report = VariantReport.Of(ClusterSimulation.Run(variant.Cluster, variant.Workload));
        report.Completed.ShouldBe(report.Requests);
        var instance = variant.Cluster.Instances[0];
        return new() { ["ttft"] = report.TtftMs.Mean, ["tpot"] = report.TpotMs.Mean, ["kv"] = instance.Kv.TotalBlocks * instance.Kv.BlockSize };
    }

    /// <param name="keys">As <c>--set</c> takes them, with semicolons between.</param>
    private static ScenarioResult Read(string scenario, string keys) => ScenarioFile.Parse(
        scenario == "dense" ? Dense : Mixture, Catalog.Default, scenario, [.. keys.Split(';', StringSplitOptions.TrimEntries).Select(Override)]);

    private static ScenarioOverride Override(string set)
    {
        var at = set.IndexOf('=', StringComparison.Ordinal);
        return new ScenarioOverride(set[..at], set[(at + 1)..]);
    }
}
