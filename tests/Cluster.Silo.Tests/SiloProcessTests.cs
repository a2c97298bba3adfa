using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using Cluster.Grains.Hosting;

namespace Cluster.Silo.Tests;

/// <summary>A cluster of real silo processes, where this build is on Orleans; what is said where it is not.</summary>
public sealed class SiloProcessTests
{
    private const int OutputTokens = 120;
    private static readonly string[] s_up = ["up", "scenarios/quickstart.yaml", "--port", "0", "--set", "time.compute=modeled", "--silos", "3"];

    [Fact]
    public async Task A_build_for_one_process_says_why_it_cannot_have_more()
    {
        if (ClusterRuntime.OneProcessOnly is not { } reason)
        {
            Assert.Skip("This build is on Microsoft Orleans: it can.");
            return;
        }

        await using var up = RunningProgram.Start("xpyd.dll", s_up);
        (await up.EndsAsync()).ShouldBe(78);
        up.Said.ShouldBe(reason);
        await using var silo = RunningProgram.Start("Cluster.Silo.dll", "--Xpyd:Scenario=scenarios/quickstart.yaml");
        (await silo.EndsAsync()).ShouldBe(78);
        silo.Said.ShouldBe(reason);
    }

    [Fact]
    public async Task Every_request_ends_and_service_goes_on_when_one_of_three_silos_is_killed()
    {
        SkipWithoutOrleans();
        await using var up = RunningProgram.Start("xpyd.dll", s_up);
        var endpoint = (await up.SaysAsync(@"is up on (\S+)")).Groups[1].Value;
        var victim = int.Parse((await up.SaysAsync(@"silo-2 has joined .*\(pid (\d+)")).Groups[1].Value, CultureInfo.InvariantCulture);
        using var http = new HttpClient { BaseAddress = new Uri(endpoint), Timeout = TimeSpan.FromMinutes(2) };

        var first = new TaskCompletionSource();
        var running = Enumerable.Range(0, 24).Select(i => CountTokensAsync(http, i, first)).ToList();
        await first.Task;
        RunningProgram.Signal("KILL", victim);
        (await up.SaysAsync(@"silo-2 .* ended with exit code (\d+)")).Groups[1].Value.ShouldBe("137");
        await up.SaysAsync(@"The cluster has lost silo silo-2 \(127\.0\.0\.1:\d+\)");

        // Each ends once: with all its tokens, or with an error that says so; none hangs, none is cut, none has a token twice.
        var tokens = await Task.WhenAll(running);
        tokens.ShouldAllBe(count => count == OutputTokens || count == Failed);
        for (var i = 0; i < 4; i++) (await CountTokensAsync(http, 100 + i, first)).ShouldBe(OutputTokens);
        up.Said.ShouldNotContain("fail: Orleans", customMessage: $"A silo that is lost is said in the cluster's words, not in the runtime's:\n{up.Said}");

        up.Terminate();
        (await up.EndsAsync()).ShouldBe(0, up.Said);
    }

    [Fact]
    public async Task Instances_on_the_silos_that_are_left_keep_what_they_have_when_another_silo_is_killed()
    {
        SkipWithoutOrleans();
        // So many that some are sure to be in the lost silo's part of the directory.
        const int Instances = 24;
        await using var up = RunningProgram.Start("xpyd.dll",
            "up", "--model", "llama-3.1-8b", "--topology", $"{Instances}A", "--gpu", "h100-sxm", "--port", "0", "--set", "time.compute=modeled", "--set", "router=round-robin", "--silos", "3");
        using var http = new HttpClient { BaseAddress = new Uri((await up.SaysAsync(@"is up on (\S+)")).Groups[1].Value), Timeout = TimeSpan.FromMinutes(2) };
        var victim = int.Parse((await up.SaysAsync(@"silo-2 has joined .*\(pid (\d+)")).Groups[1].Value, CultureInfo.InvariantCulture);
        await Task.WhenAll(Enumerable.Range(0, Instances).Select(i => CountTokensAsync(http, i, new TaskCompletionSource())));
        var before = await StepsAsync(http);
        before.ShouldAllBe(steps => steps > 0);

        RunningProgram.Signal("KILL", victim);
        await up.SaysAsync("The cluster has lost silo silo-2");

        // Dealt out one by one over three silos: every third was the second silo's, and begins with no step behind it.
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        long[] after;
        do after = await StepsAsync(http);
        while (Enumerable.Range(0, Instances).Any(i => i % 3 == 1 && after[i] >= before[i]) && !limit.IsCancellationRequested);
        for (var i = 0; i < Instances; i++) (after[i] >= before[i]).ShouldBe(i % 3 != 1, $"instance {i} had {before[i]} steps behind it, and now has {after[i]}");
        up.Terminate();
        (await up.EndsAsync()).ShouldBe(0, up.Said);
    }

    private static async Task<long[]> StepsAsync(HttpClient http)
    {
        using var topology = JsonDocument.Parse(await http.GetStringAsync("admin/topology"));
        return [.. topology.RootElement.GetProperty("instances").EnumerateArray().Select(i => i.GetProperty("steps").GetInt64())];
    }

    [Fact]
    public async Task Another_time_scale_reaches_every_silo()
    {
        SkipWithoutOrleans();
        await using var up = RunningProgram.Start("xpyd.dll", s_up);
        using var http = new HttpClient { BaseAddress = new Uri((await up.SaysAsync(@"is up on (\S+)")).Groups[1].Value), Timeout = TimeSpan.FromMinutes(2) };
        await CountTokensAsync(http, 0, new TaskCompletionSource());

        using (var answer = await http.PutAsJsonAsync("admin/dials/time.scale", new { value = 0.25 })) answer.EnsureSuccessStatusCode();
        var before = await EmulatedSecondsAsync(http);
        await CountTokensAsync(http, 1, new TaskCompletionSource());

        // 119 steps of 11 ms: instances that still kept the old time would need a quarter of it by the gateway's. A busy host only makes it longer.
        (await EmulatedSecondsAsync(http) - before).ShouldBeGreaterThan(1.2);
        up.Terminate();
        (await up.EndsAsync()).ShouldBe(0, up.Said);
    }

    private static async Task<double> EmulatedSecondsAsync(HttpClient http)
    {
        using var topology = JsonDocument.Parse(await http.GetStringAsync("admin/topology"));
        return topology.RootElement.GetProperty("emulated_seconds").GetDouble();
    }

    [Fact]
    public async Task A_silo_with_another_scenario_is_refused_before_it_joins()
    {
        SkipWithoutOrleans();
        await using var up = RunningProgram.Start("xpyd.dll", [.. s_up[..^1], "1"]);
        await up.SaysAsync("is up on");
        var silo = int.Parse((await up.SaysAsync(@"silo-1 has joined .*\(pid (\d+)")).Groups[1].Value, CultureInfo.InvariantCulture);
        await using var other = RunningProgram.Start(
            "Cluster.Silo.dll", "--Xpyd:Scenario=scenarios/quickstart.yaml", "--Xpyd:Silo:Name=silo-2", $"--Xpyd:Silo:Join={JoinOf(silo)}");
        (await other.EndsAsync()).ShouldBe(78);
        other.Said.ShouldContain("Silo 'silo-2' has another 'quickstart'");
        other.Said.ShouldContain("start it with the same scenario file, variant and settings");
        up.Terminate();
        (await up.EndsAsync()).ShouldBe(0, up.Said);
    }

    [Theory]
    [InlineData("Redis", "127.0.0.1:1,connectTimeout=500,connectRetry=0,abortConnect=true")]
    [InlineData("AdoNet", "Host=127.0.0.1;Port=1;Username=nobody;Timeout=2")]
    public async Task A_store_of_members_that_is_not_there_is_named_by_silo_and_gateway(string provider, string connection)
    {
        SkipWithoutOrleans();
        string[] arguments =
        [
            "--Xpyd:Scenario=scenarios/quickstart.yaml", $"--Orleans:Clustering:ProviderType={provider}", "--Orleans:Clustering:Invariant=Npgsql",
            "--Orleans:Clustering:ConnectionName=store", $"--ConnectionStrings:store={connection}",
        ];
        foreach (var program in new[] { "Cluster.Silo.dll", "Cluster.Gateway.dll" })
        {
            await using var process = RunningProgram.Start(program, arguments);
            (await process.EndsAsync()).ShouldBe(2, process.Said);
            process.Said.ShouldContain($"the table of members ({provider}) could not be read");
            process.Said.ShouldNotContain("   at ");
        }
    }

    private const int Failed = -1;

    private static void SkipWithoutOrleans()
    {
        if (ClusterRuntime.OneProcessOnly is not null) Assert.Skip("Needs a build on Microsoft Orleans, whose packages did not restore here.");
        if (!OperatingSystem.IsLinux()) Assert.Skip("Sends signals and reads the environment of its processes as Linux has them.");
    }

    /// <summary>Where the primary of a cluster is, as the cluster's own silos were told.</summary>
    private static string JoinOf(int silo)
    {
        var environment = File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{silo}/environ")).Split('\0');
        return environment.Single(v => v.StartsWith("Xpyd__Silo__Join=", StringComparison.Ordinal)).Split('=')[1];
    }

    /// <returns>Tokens that arrived; <see cref="Failed"/> when the end was an error.</returns>
    private static async Task<int> CountTokensAsync(HttpClient http, int i, TaskCompletionSource first)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "v1/completions")
        {
            Content = JsonContent.Create(new { prompt = $"{i} silos", max_tokens = OutputTokens, ignore_eos = true, stream = true, stream_options = new { include_usage = true } }),
        };
        using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        if (!response.IsSuccessStatusCode) return Failed;
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync());
        var (tokens, done) = (0, false);
        while (await reader.ReadLineAsync() is { } line)
        {
            if (line.Contains("\"error\"", StringComparison.Ordinal)) return Failed;
            if (line.Contains("\"text\"", StringComparison.Ordinal)) first.TrySetResult();
            if (line.Contains("\"completion_tokens\":", StringComparison.Ordinal)) tokens = int.Parse(line.Split("\"completion_tokens\":")[1].Split(',', '}')[0], CultureInfo.InvariantCulture);
            done |= line == "data: [DONE]";
        }

        done.ShouldBeTrue($"Request {i} was cut off after {tokens} tokens.");
        return tokens;
    }
}
