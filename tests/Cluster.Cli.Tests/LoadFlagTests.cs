using System.Text.Json;

namespace Cluster.Cli.Tests;

/// <summary>A load by flags: alone, and over what a scenario file serves.</summary>
public sealed class LoadFlagTests
{
    private const string Cluster = "--model llama-3.1-8b --gpu h100-sxm --topology 2A";
    private const string Quickstart = "scenarios/quickstart.yaml";

    private static async Task<JsonElement> SimulateAsync(string line)
    {
        var result = await Xpyd.RunAsync($"simulate {line} --json".Split(' '));
        result.ExitCode.ShouldBe(0, result.Error);
        return JsonDocument.Parse(result.Output).RootElement.GetProperty("variants")[0].Clone();
    }

    [Theory]
    [InlineData("--rate 4/s")]
    [InlineData("--concurrency 8")]
    public async Task Flags_alone_describe_a_cluster_and_what_it_serves(string pace)
    {
        var served = await SimulateAsync($"{Cluster} --isl 500 --osl 50 --requests 30 {pace}");
        served.GetProperty("completed").GetInt32().ShouldBe(30);
        (served.GetProperty("output_tokens_per_s").GetDouble() * served.GetProperty("duration_s").GetDouble()).ShouldBe(1500, 1);
    }

    [Fact]
    public async Task Lengths_take_the_place_of_a_scenarios_trace_and_a_trace_that_of_its_lengths()
    {
        var drawn = await SimulateAsync($"{Quickstart} --isl 500 --osl 50 --requests 20");
        (drawn.GetProperty("output_tokens_per_s").GetDouble() * drawn.GetProperty("duration_s").GetDouble()).ShouldBe(1000, 1);

        var plan = await Xpyd.RunAsync("simulate", "scenarios/conversations.yaml", "--trace", "scenarios/traces/azure-conv-sample.csv", "--requests", "20", "--rate", "4/s");
        plan.ExitCode.ShouldBe(0, plan.Error);
    }

    [Fact]
    public async Task Clients_that_wait_take_the_place_of_a_rate()
    {
        var waited = await SimulateAsync($"{Quickstart} --concurrency 1 --requests 3");
        // One after the other: no answer waits for another.
        waited.GetProperty("duration_s").GetDouble().ShouldBe(3 * waited.GetProperty("e2e_ms").GetProperty("mean").GetDouble() / 1000, 0.01);
    }

    [Fact]
    public async Task What_cannot_go_together_and_what_is_missing_is_said()
    {
        var both = await Xpyd.RunAsync($"simulate {Quickstart} --isl 500 --trace x.csv --rate 4/s --concurrency 4".Split(' '));
        both.ExitCode.ShouldBe(2);
        both.Error.ShouldContain("--trace and --isl, --osl");
        both.Error.ShouldContain("--rate and --concurrency");

        var half = await Xpyd.RunAsync($"simulate {Cluster} --isl 500 --rate 4/s".Split(' '));
        half.ExitCode.ShouldBe(2);
        half.Error.ShouldContain("--isl 500: workload.synthetic.output: This key is needed.");
        half.Error.ShouldContain("workload.requests: Drawn requests never end by themselves.");
        half.Error.ShouldNotContain("null");
    }

    [Fact]
    public async Task The_winner_of_a_plan_made_for_flags_serves_what_they_say()
    {
        var file = Path.Combine(Directory.CreateTempSubdirectory("xpyd-").FullName, "winner.yaml");
        var plan = await Xpyd.RunAsync([.. $"plan {Quickstart} --isl 500 --osl 20 --requests 20 --gpus 4 --slo ttft=1s,tpot=50ms --out".Split(' '), file]);
        plan.ExitCode.ShouldBe(0, plan.Error);
        var written = await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken);
        written.ShouldContain("synthetic: { input: 500, output: 20 }");
        written.ShouldNotContain("trace");
        written.ShouldNotContain("null");
        (await Xpyd.RunAsync("simulate", file)).ExitCode.ShouldBe(0);
    }
}
