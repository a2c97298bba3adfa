using System.Text.Json;
using Cluster.Engine.Topology;
using Cluster.Gateway.Live;
using Cluster.Testing;

namespace Cluster.Gateway.Tests.Live;

/// <summary>What a live cluster keeps of its runs.</summary>
public sealed class LiveRunTests
{
    private static readonly LiveOptions s_options = new() { Compute = ComputeMode.Modeled, TimeScale = 10 };

    [Fact]
    public async Task A_run_is_recorded_with_its_requests_and_what_was_done_to_the_cluster()
    {
        await using var cluster = await LiveCluster.StartAsync(Clusters.Disaggregated(1, 2), s_options);
        using var http = new HttpClient { BaseAddress = cluster.Endpoint };
        for (var i = 0; i < 3; i++) await http.CompleteAsync(5);
        await http.AdminAsync(HttpMethod.Post, "resize", new { instance = "decode-1", tp = 2, now = true });
        await http.AdminAsync(HttpMethod.Post, "faults", new { kind = "slow", target = "decode-0", factor = 2 });
        await http.AdminAsync(HttpMethod.Post, "runs", new { name = "after" });
        await http.CompleteAsync(7);

        var runs = (await http.AdminAsync(HttpMethod.Get, "runs", null)).GetProperty("runs");
        runs.GetArrayLength().ShouldBe(2);
        Counts(runs[0]).ShouldBe(("1P2D", 3, 300, 15));
        runs[0].GetProperty("ended").GetString().ShouldNotBeNull();
        runs[0].GetProperty("events").EnumerateArray().Select(e => e.GetProperty("text").GetString()).ShouldBe(["decode-1 to tp 2", "f1 slow decode-0"]);
        runs[0].GetProperty("ttft_ms").GetProperty("p50").GetDouble().ShouldBeGreaterThan(0);
        Counts(runs[1]).ShouldBe(("after", 1, 100, 7));
        runs[1].GetProperty("ended").ValueKind.ShouldBe(JsonValueKind.Null);
    }

    [Fact]
    public async Task A_run_without_a_name_is_refused_and_the_one_at_hand_goes_on()
    {
        await using var cluster = await LiveCluster.StartAsync(Clusters.Aggregated(1), s_options);
        using var http = new HttpClient { BaseAddress = cluster.Endpoint };
        using var response = await http.PostAsync(new Uri("admin/runs", UriKind.Relative), new StringContent("""{"name":""}""", System.Text.Encoding.UTF8, "application/json"));
        ((int)response.StatusCode).ShouldBe(400);
        (await http.AdminAsync(HttpMethod.Get, "runs", null)).GetProperty("runs").GetArrayLength().ShouldBe(1);
    }

    private static (string? Name, int Completed, int PromptTokens, int OutputTokens) Counts(JsonElement run) => (
        run.GetProperty("name").GetString(), run.GetProperty("completed").GetInt32(), run.GetProperty("prompt_tokens").GetInt32(), run.GetProperty("output_tokens").GetInt32());
}
