using System.Text.Json;

namespace Cluster.Cli.Tests;

/// <summary>The command as a user meets it: a process of its own, exit code, both outputs.</summary>
public sealed class CommandLineTests
{
    private static readonly string s_quickstart = Path.Combine(Repository.Root, "scenarios", "quickstart.yaml");

    [Fact]
    public async Task Asked_nothing_it_says_what_can_be_asked()
    {
        var result = await Xpyd.RunAsync();

        result.ExitCode.ShouldBe(0, result.Error);
        result.Output.ShouldContain("simulate");
    }

    [Fact]
    public async Task A_law_prints_its_formula_the_numbers_put_in_and_the_result()
    {
        var result = await Xpyd.RunAsync("calc", "speculative", "--alpha", "0.8", "--k", "4", "--draft-cost", "0.1");

        result.ExitCode.ShouldBe(0, result.Error);
        foreach (var shown in (string[])["E = (1 − α^(K+1)) ÷ (1 − α)", "0.8", "drafted tokens per pass", "given", "default", "3.362 tokens", "2.401 ×", "arXiv:2211.17192"])
            result.Output.ShouldContain(shown);
    }

    [Fact]
    public async Task A_law_that_does_not_fit_the_model_names_the_one_that_does()
    {
        var result = await Xpyd.RunAsync("calc", "kv-per-token", "--model", "deepseek-v3");

        result.ExitCode.ShouldBe(2);
        result.Error.ShouldContain("deepseek-v3 keeps one latent for all heads: see latent-kv-per-token.");
    }

    [Fact]
    public async Task Simulate_prints_the_published_keys_as_JSON()
    {
        var result = await Xpyd.RunAsync("simulate", s_quickstart, "--json");

        result.ExitCode.ShouldBe(0, result.Error);
        var report = JsonDocument.Parse(result.Output).RootElement;
        report.GetProperty("scenario").GetString().ShouldBe("quickstart");
        var variants = report.GetProperty("variants").EnumerateArray().ToList();
        variants.Select(v => v.GetProperty("name").GetString()).ShouldBe(["2P2D", "aggregated"]);
        foreach (var variant in variants)
        {
            variant.GetProperty("completed").GetInt32().ShouldBe(variant.GetProperty("requests").GetInt32());
            foreach (var key in (string[])["duration_s", "output_tokens_per_s", "requests_per_s", "goodput_rps", "prefix_hit_rate", "cost_per_million_tokens"])
                variant.GetProperty(key).ValueKind.ShouldBe(JsonValueKind.Number, key);
            foreach (var key in (string[])["ttft_ms", "tpot_ms", "itl_ms", "e2e_ms"])
                variant.GetProperty(key).EnumerateObject().Select(p => p.Name).ShouldBe(["mean", "p50", "p90", "p99"]);
            variant.GetProperty("ttft_hops_ms").EnumerateObject().Sum(h => h.Value.GetDouble())
                .ShouldBe(variant.GetProperty("ttft_ms").GetProperty("mean").GetDouble(), 1e-6);
            variant.GetProperty("walls").EnumerateObject().Select(p => p.Name).ShouldBe(["prefill", "decode"], ignoreOrder: true);
        }

        report.GetProperty("verdict").GetString().ShouldNotBeNullOrEmpty();
    }

    [Fact]
    public async Task Every_error_of_a_scenario_comes_at_once_with_the_choice_that_was_meant()
    {
        var result = await Xpyd.RunAsync("simulate", s_quickstart, "--model", "llama-3.1-70", "--rate=-4/s", "--set", "router.polcy=kv-aware");

        result.ExitCode.ShouldBe(2);
        result.Output.ShouldBeEmpty();
        result.Error.ShouldContain("'llama-3.1-70b'");
        result.Error.ShouldContain("workload.rate");
        result.Error.ShouldContain("router.polcy");
    }

    [Theory]
    [InlineData("topology.prefill.tp=3", "tp")]
    [InlineData("model=llama-3.1-405b", "405")]
    [InlineData("workload.trace=nowhere.csv", "nowhere.csv")]
    [InlineData("topology.aggregated.tp=1000", "tp 1000 does not divide the 64 query heads of llama-3.1-70b; 64 would.")]
    public async Task A_setting_that_cannot_be_is_refused_by_name(string setting, string named)
    {
        var result = await Xpyd.RunAsync("simulate", s_quickstart, "--set", setting);
        result.ExitCode.ShouldBe(2, result.Output);
        result.Error.ShouldContain(named);
    }

    [Fact]
    public async Task A_decision_log_is_the_same_with_a_report_and_a_timeline_beside_it()
    {
        var folder = Directory.CreateTempSubdirectory("xpyd-").FullName;
        var (alone, beside) = (Path.Combine(folder, "alone.jsonl"), Path.Combine(folder, "beside.jsonl"));
        (await Xpyd.RunAsync("simulate", s_quickstart, "--requests", "20", "--decisions", alone)).ExitCode.ShouldBe(0);
        var result = await Xpyd.RunAsync("simulate", s_quickstart, "--requests", "20", "--decisions", beside, "--report", Path.Combine(folder, "r.html"), "--timeline", Path.Combine(folder, "t.json"));
        result.ExitCode.ShouldBe(0, result.Error);
        var written = await File.ReadAllTextAsync(beside, TestContext.Current.CancellationToken);
        written.ShouldNotBeEmpty();
        written.ShouldBe(await File.ReadAllTextAsync(alone, TestContext.Current.CancellationToken));
        result.Output.ShouldContain("routing regret");
    }

    [Fact]
    public async Task A_file_that_a_replay_would_not_write_is_refused()
    {
        var result = await Xpyd.RunAsync("simulate", s_quickstart, "--replay", "run.jsonl", "--report", "r.html", "--decisions", "d.jsonl");
        result.ExitCode.ShouldBe(2);
        result.Error.ShouldContain("leave out --report, --decisions, or --replay");
    }

    [Fact]
    public async Task A_topology_without_a_GPU_says_which_flag_it_lacks_and_no_more()
    {
        var result = await Xpyd.RunAsync("simulate", s_quickstart, "--topology", "4P2D");
        result.ExitCode.ShouldBe(2);
        result.Error.Trim().Split('\n').ShouldHaveSingleItem().ShouldContain("add --gpu, e.g. --gpu h100-sxm");
        (await Xpyd.RunAsync("simulate", s_quickstart, "--topology", "4P2D", "--gpu", "h100-sxm", "--tp", "4", "--requests", "9")).ExitCode.ShouldBe(0);
    }

    [Fact]
    public async Task The_catalogs_ids_are_listed_for_programs_too()
    {
        var result = await Xpyd.RunAsync("catalog", "list", "--json");
        result.ExitCode.ShouldBe(0, result.Error);
        var kinds = JsonDocument.Parse(result.Output).RootElement;
        kinds.EnumerateObject().Select(k => k.Name).ShouldBe(["models", "gpus", "links", "engines"]);
        kinds.GetProperty("gpus").EnumerateArray().Select(g => g.GetString()).ShouldContain("h100-sxm");
    }

    [Fact]
    public async Task Without_a_scenario_the_command_says_what_it_wants()
    {
        var result = await Xpyd.RunAsync("simulate");
        result.ExitCode.ShouldBe(2);
        result.Error.ShouldContain("scenarios/quickstart.yaml");
    }

    [Fact]
    public async Task A_live_run_agrees_with_its_virtual_twin_on_what_was_served()
    {
        var result = await Xpyd.RunAsync("run", s_quickstart, "--json", "--requests", "12", "--rate", "40/s", "--set", "time.compute=modeled");

        result.ExitCode.ShouldBe(0, result.Error);
        var report = JsonDocument.Parse(result.Output).RootElement;
        report.GetProperty("mode").GetString().ShouldBe("live");
        foreach (var part in (string[])["variants", "virtual"])
        {
            foreach (var variant in report.GetProperty(part).EnumerateArray())
                variant.GetProperty("completed").GetInt32().ShouldBe(12, $"{part} {variant.GetProperty("name")}");
        }
    }

    [Fact]
    public async Task A_live_run_says_what_its_twin_says_of_tiers_drafts_and_steps_beyond_measured_kernels()
    {
        var path = Path.Combine(Directory.CreateTempSubdirectory().FullName, "live.yaml");
        await File.WriteAllTextAsync(path, """
            model: llama-3.1-8b
            topology: { aggregated: { instances: 1, gpu: h100-sxm } }
            engine:
              num_gpu_blocks_override: 1300
              kv_tiers: { host: 64GiB }
              speculative: { method: eagle, num_speculative_tokens: 3, acceptance_rate: 0.7 }
            workload:
              agents: { calls: 3, task: 18000, tool_output: 100, output: 20, tool_time: 2s }
              rate: 1/s
              requests: 12
            slo: { ttft: 5s, tpot: 100ms }
            time: { compute: modeled, scale: 4 }
            """, TestContext.Current.CancellationToken);

        var result = await Xpyd.RunAsync("run", path, "--json");

        result.ExitCode.ShouldBe(0, result.Error);
        var report = JsonDocument.Parse(result.Output).RootElement;
        var (live, twin) = (report.GetProperty("variants")[0], report.GetProperty("virtual")[0]);
        foreach (var share in (string[])["tier_hit_rate", "kv_waste", "extrapolated_steps"])
        {
            live.GetProperty(share).GetDouble().ShouldBeGreaterThan(0, share);
            twin.GetProperty(share).GetDouble().ShouldBeGreaterThan(0, share);
        }

        foreach (var variant in (JsonElement[])[live, twin]) variant.GetProperty("tokens_per_pass").GetDouble().ShouldBeInRange(1.5, 4);
    }
}
