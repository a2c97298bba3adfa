using System.Text.Json;

namespace Cluster.Cli.Tests;

/// <summary>Sweep, levers and plan as a user meets them, asked for what cannot be and for what can be run afterwards.</summary>
public sealed class PlanningCommandTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("xpyd-plan-").FullName;
    private readonly string _small;

    public PlanningCommandTests()
    {
        _small = Path.Combine(_folder, "small.yaml");
        File.WriteAllText(_small, """
            model: llama-3.1-8b
            topology: { aggregated: { instances: 1, gpu: h100-sxm } }
            workload: { synthetic: { input: 256, output: 8 }, rate: 40/s, requests: 12 }
            slo: { ttft: 300ms, tpot: 20ms }
            time: { compute: modeled }
            """);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task The_winner_of_a_plan_runs_live_from_its_file()
    {
        var winner = Path.Combine(_folder, "winner.yaml");
        var plan = await Xpyd.RunAsync("plan", _small, "--gpus", "2", "--formats", "fp8/fp8", "--json", "--out", winner);
        plan.ExitCode.ShouldBe(0, plan.Error);
        var best = JsonDocument.Parse(plan.Output).RootElement.GetProperty("best");

        var run = await Xpyd.RunAsync("run", winner, "--json");

        run.ExitCode.ShouldBe(0, run.Error);
        var variant = JsonDocument.Parse(run.Output).RootElement.GetProperty("variants")[0];
        variant.GetProperty("completed").GetInt32().ShouldBe(12);
        variant.GetProperty("gpus").GetInt32().ShouldBe(best.GetProperty("gpus").GetInt32());
    }

    [Fact]
    public async Task A_large_budget_says_what_was_simulated_and_its_winners_file_is_one_of_the_groups()
    {
        var winner = Path.Combine(_folder, "winner.yaml");
        var plan = await Xpyd.RunAsync("plan", _small, "--gpus", "100000", "--slo", "ttft=50ms", "--formats", "fp8/fp8", "--out", winner);
        plan.ExitCode.ShouldBe(0, plan.Error);
        plan.Output.ReplaceLineEndings(" ").ShouldContain("groups alike, of at most 127 each: one of a kind was simulated");
        plan.Output.ShouldContain(" × ");
        (await File.ReadAllTextAsync(winner, TestContext.Current.CancellationToken)).ShouldContain("This is one of the ");
        (await Xpyd.RunAsync("simulate", winner)).ExitCode.ShouldBe(0);
    }

    [Fact]
    public async Task The_best_lever_is_pulled_live_and_held_against_its_prediction()
    {
        var result = await Xpyd.RunAsync("levers", _small, "--quick", "--confirm", "1", "--json");
        result.ExitCode.ShouldBe(0, result.Error);
        var tried = JsonDocument.Parse(result.Output).RootElement.GetProperty("live").EnumerateArray().ShouldHaveSingleItem();
        tried.GetProperty("figures").EnumerateArray().Select(f => f.GetProperty("name").GetString()).ShouldBe(["goodput", "TTFT p50", "TPOT p50"]);
        foreach (var figure in tried.GetProperty("figures").EnumerateArray()) figure.GetProperty("live").GetDouble().ShouldBeGreaterThan(0);
    }

    [Fact]
    public async Task An_objective_that_nobody_meets_is_no_success_and_names_the_nearest_and_what_blocks_it()
    {
        var winner = Path.Combine(_folder, "winner.yaml");
        var result = await Xpyd.RunAsync("plan", _small, "--gpus", "2", "--slo", "ttft=1ms", "--out", winner);
        result.ExitCode.ShouldBe(1);
        result.Output.ShouldContain("No candidate meets the SLO");
        result.Output.ShouldContain("The nearest is");
        File.Exists(winner).ShouldBeFalse();
    }

    [Theory]
    [InlineData("sweep", "--json", "--parallel=1", "The sweep is empty")]
    [InlineData("sweep", "--set", "topology.nowhere.tp=1,2", "topology.nowhere: No such key")]
    [InlineData("sweep", "--set", "workload.rate=fast,8/s", "workload.rate")]
    [InlineData("sweep", "--set=workload.rate=8/s", "--out=rows.txt", ".csv or a .json")]
    [InlineData("plan", "--gpus", "0", "--gpus 0: allowed are 1 … 100000")]
    [InlineData("plan", "--gpus=2", "--slo=speed=1ms", "--slo speed=1ms: expected ttft, tpot, e2e")]
    [InlineData("plan", "--gpus=2", "--gpu-types=h10", "no GPU 'h10' in the catalog. Did you mean")]
    [InlineData("plan", "--gpus=2", "--formats=fp7", "--formats fp7: expected weights/kv")]
    [InlineData("plan", "--gpus=2", "--by=watt", "watt")]
    [InlineData("levers", "--variant", "other", "other")]
    [InlineData("levers", "--confirm=-1", "--quick", "--confirm -1: allowed are 0")]
    public async Task What_cannot_be_asked_for_is_refused_in_one_clear_message(string command, string first, string second, string said)
    {
        var result = await Xpyd.RunAsync(command, _small, first, second);
        result.ExitCode.ShouldNotBe(0, result.Output);
        result.Error.ShouldContain(said);
        result.Error.ShouldNotContain("   at ");
    }

    [Fact]
    public async Task A_budget_too_small_for_the_model_says_how_many_it_takes()
    {
        var large = Path.Combine(_folder, "large.yaml");
        await File.WriteAllTextAsync(large, """
            model: llama-3.1-405b
            topology: { aggregated: { instances: 1, gpu: h100-sxm, tp: 16 } }
            workload: { synthetic: { input: 256, output: 8 }, rate: 1/s, requests: 4 }
            slo: { ttft: 1s }
            """, TestContext.Current.CancellationToken);
        var result = await Xpyd.RunAsync("plan", large, "--gpus", "1");
        result.ExitCode.ShouldBe(2);
        result.Error.ShouldContain("--gpus 1 is too few: llama-3.1-405b needs at least");
        result.Error.ShouldContain("8 h100-sxm in fp8");
    }
}
