using Cluster.Scenarios;
using Cluster.Scenarios.Catalogs;
using Cluster.Simulator.Reporting;

namespace Cluster.Simulator.Tests;

/// <summary>What a report says about why a variant wins has to follow from its own figures.</summary>
public sealed class ReasonsTests
{
    private static readonly VariantReport s_split = Report("2P2D", itlP99: 12, ttft: 112, new() { ["prefill_queue"] = 7, ["prefill"] = 86, ["kv_transfer"] = 2, ["decode_queue"] = 17 }, ("compute", "bandwidth"), goodput: 6.7);
    private static readonly VariantReport s_mixed = Report("aggregated", itlP99: 76, ttft: 106, new() { ["prefill_queue"] = 18, ["prefill"] = 88 }, ("bandwidth", "bandwidth"), goodput: 6.4);

    [Fact]
    public void A_disaggregated_winner_is_explained_by_what_tokens_wait_for_elsewhere_and_by_what_it_pays()
    {
        var said = Reasons.Of([s_mixed, s_split]);
        said.Count.ShouldBe(4);
        said[0].ShouldBe("2P2D met the SLO for 100 % of its requests, aggregated for 96 %.");
        said[1].ShouldBe("Tokens come more evenly from 2P2D: ITL p99 12.0 against 76.0 ms. aggregated computes prompts and tokens in the same steps, so tokens wait for prompts.");
        said[2].ShouldStartWith("First tokens come sooner from aggregated: TTFT 106 against 112 ms on average. Most of the difference is decode queue (0 against 17 ms)");
        said[3].ShouldStartWith("What binds: 2P2D compute in prefill, bandwidth in decode; aggregated bandwidth.");
    }

    [Fact]
    public void What_is_even_is_called_even()
    {
        var said = Reasons.Of([s_split, s_split with { Name = "twin" }]);
        said[1].ShouldStartWith("Tokens come as evenly from both");
        said[2].ShouldStartWith("First tokens take as long from both");
    }

    [Fact]
    public void Of_variants_with_even_goodput_the_one_with_steadier_tokens_is_the_one_that_the_reasons_name()
    {
        var even = s_mixed with { GoodputRps = s_split.GoodputRps, TpotMs = s_mixed.TpotMs with { P99 = s_split.TpotMs.P99 / 2 } };
        Verdict.Of([even, s_split]).ShouldStartWith("Goodput is even (6.70 and 6.70 req/s); 2P2D has the steadier tokens: ITL p99 12.0 against 76.0 ms, TTFT p90");
        Reasons.Of([even, s_split])[1].ShouldStartWith("Tokens come more evenly from 2P2D");
        Verdict.Of([s_split, s_split with { Name = "twin" }]).ShouldStartWith("Goodput is even (6.70 and 6.70 req/s); so are the gaps between tokens: ITL p99 12.0 against 12.0 ms");
    }

    [Fact]
    public void Where_nothing_is_asked_for_nobody_met_it()
    {
        var free = s_split with { HasObjectives = false, Requests = 240 };
        Verdict.Of([free]).ShouldBe("2P2D completed 240 of 240 requests; no objectives are set ('slo'), so each counts as goodput.");
        Reasons.Of([free, free with { Name = "twin" }])[0].ShouldBe("2P2D completed 240 of 240 requests, twin 240 of 240; no objectives are set ('slo'), so each counts as goodput.");
    }

    [Fact]
    public void One_variant_or_an_empty_run_has_nothing_to_explain()
    {
        Reasons.Of([]).ShouldBeEmpty();
        Reasons.Of([s_split]).ShouldBeEmpty();
        Reasons.Of([s_split, s_mixed with { Completed = 0 }]).ShouldBeEmpty();
    }

    [Fact]
    public void A_host_that_did_not_keep_up_leaves_verdict_and_reasons_to_virtual_time()
    {
        var simulated = new RunReport("q", "virtual", [s_split, s_mixed], Verdict.Of([s_split, s_mixed]));
        VariantReport[] late = [s_split with { GoodputRps = 3.4 }, s_mixed];
        var said = RunReport.Live("q", late, simulated, hostKeptUp: false);
        said.Verdict.ShouldBe($"No verdict on the live figures, since the host did not keep up. In virtual time: {simulated.Verdict}");
        said.Why.ShouldBe(simulated.Why);
        RunReport.Live("q", late, simulated, hostKeptUp: true).Verdict.ShouldStartWith("aggregated wins");
    }

    private static VariantReport Report(string name, double itlP99, double ttft, Dictionary<string, double> hops, (string Prefill, string Decode) walls, double goodput)
    {
        var run = ScenarioFile.FromFlags(
        [
            new("model", "llama-3.1-8b"), new("topology.aggregated.instances", "1"), new("topology.aggregated.gpu", "h100-sxm"),
            new("workload.rate", "10/s"), new("workload.requests", "3"), new("workload.synthetic", "{ input: { mean: 100 }, output: { mean: 10 } }"),
        ], Catalog.Default).OrThrow().Variants[0];
        var report = VariantReport.Of(ClusterSimulation.Run(run.Cluster, run.Workload));
        return report with
        {
            Name = name,
            Completed = 240,
            HasObjectives = true,
            RequestsPerS = 6.7,
            GoodputRps = goodput,
            ItlMs = report.ItlMs with { P99 = itlP99 },
            TtftMs = report.TtftMs with { Mean = ttft },
            TtftHopsMs = hops,
            Walls = new Dictionary<string, string> { ["prefill"] = walls.Prefill, ["decode"] = walls.Decode },
        };
    }
}
