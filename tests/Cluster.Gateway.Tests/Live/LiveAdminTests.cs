using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Cluster.Compute;
using Cluster.Engine.Requests;
using Cluster.Engine.Topology;
using Cluster.Gateway.Backend;
using Cluster.Gateway.Live;
using Cluster.Gateway.Requests;
using Cluster.Grains;
using Cluster.Grains.Timing;
using Cluster.Testing;

namespace Cluster.Gateway.Tests.Live;

/// <summary>Operating a cluster while it serves: real grains, real sockets.</summary>
public sealed class LiveAdminTests
{
    private static readonly LiveOptions s_options = new() { Compute = ComputeMode.Modeled, TimeScale = 10 };

    [Fact]
    public async Task Whoever_asks_before_the_cluster_stands_is_told_to_try_again()
    {
        using var pacer = new Pacer();
        var backend = new ClusterBackend(new ClusterContext(Clusters.Aggregated(1), new EmulatedClock(pacer), _ => ModeledStepTimer.Instance));
        var refusal = await Should.ThrowAsync<ApiException>(() => backend.RefreshAsync());
        (refusal.StatusCode, backend.IsReady).ShouldBe((503, false));
        refusal.Message.ShouldContain("/health");

        var request = new InferenceRequest(new RequestSpec(1, 0, 4, 4, TokenContent.Unique(1, 8)), "early", FinishReason.Length);
        (await Should.ThrowAsync<ApiException>(async () => await backend.SubmitAsync(request, TestContext.Current.CancellationToken))).StatusCode.ShouldBe(503);
        backend.InFlight.ShouldBe(0, "a request that was not taken in must not wait for ever");
    }

    [Fact]
    public async Task The_context_that_an_engine_is_limited_to_is_the_one_that_clients_are_told_and_held_to()
    {
        var one = Clusters.Instance();
        await using var cluster = await LiveCluster.StartAsync(Clusters.Aggregated(1, _ => one with { Kv = one.Kv with { MaxModelLen = 200 } }), s_options);
        using var http = new HttpClient { BaseAddress = cluster.Endpoint };
        var models = await http.GetFromJsonAsync<JsonElement>("/v1/models");
        models.GetProperty("data")[0].GetProperty("max_model_len").GetInt32().ShouldBe(200);
        var answer = await http.PostAsJsonAsync("/v1/completions", new { prompt = "one two three", max_tokens = 300 });
        ((int)answer.StatusCode).ShouldBe(400);
        (await answer.Content.ReadAsStringAsync()).ShouldContain("200");
    }

    [Fact]
    public async Task A_pool_that_grows_serves_with_its_newcomers()
    {
        await using var cluster = await LiveCluster.StartAsync(Clusters.Disaggregated(1, 1), s_options);
        using var http = new HttpClient { BaseAddress = cluster.Endpoint };
        var scaled = await http.AdminAsync(HttpMethod.Post, "scale", new { pool = "decode", instances = 3 });
        scaled.GetProperty("members").GetArrayLength().ShouldBe(3);

        for (var i = 0; i < 3; i++) await http.CompleteAsync(4);

        var used = (await cluster.GetSnapshotAsync()).Instances.Where(i => i.Role == "decode").ToDictionary(i => i.Name, i => i.GenerationTokens);
        used.Keys.ShouldBe(["decode-0", "decode-1", "decode-2"]);
        used.Values.ShouldAllBe(tokens => tokens == 3);
    }

    [Fact]
    public async Task A_pool_that_shrinks_lets_its_requests_finish_first()
    {
        await using var cluster = await LiveCluster.StartAsync(Clusters.Aggregated(2), s_options);
        using var http = new HttpClient { BaseAddress = cluster.Endpoint };
        // Long enough that both still run when both have begun, on however busy a host; the scale makes up for it afterwards.
        await http.AdminAsync(HttpMethod.Put, "dials/time.scale", new { value = 0.5 });
        var running = new[] { http.CompleteAsync(2000), http.CompleteAsync(2000) };
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while ((await cluster.GetSnapshotAsync()).Instances.Any(i => i.Running == 0)) limit.Token.ThrowIfCancellationRequested();

        var scaled = await http.AdminAsync(HttpMethod.Post, "scale", new { pool = "aggregated", instances = 1 });
        scaled.GetProperty("members")[1].GetProperty("state").GetString().ShouldBe("draining");

        await http.AdminAsync(HttpMethod.Put, "dials/time.scale", new { value = 100 });
        (await Task.WhenAll(running)).ShouldBe([2000, 2000]);
        while ((await cluster.GetSnapshotAsync()).Instances.Length > 1) limit.Token.ThrowIfCancellationRequested();
        (await http.CompleteAsync(4)).ShouldBe(4);
    }

    [Fact]
    public async Task A_drained_instance_takes_nothing_until_it_is_opened_again()
    {
        await using var cluster = await LiveCluster.StartAsync(Clusters.Aggregated(2), s_options);
        using var http = new HttpClient { BaseAddress = cluster.Endpoint };
        await http.AdminAsync(HttpMethod.Post, "drain", new { instance = "aggregated-0" });
        for (var i = 0; i < 3; i++) await http.CompleteAsync(2);
        (await cluster.GetSnapshotAsync()).Instances[0].Steps.ShouldBe(0);

        await http.AdminAsync(HttpMethod.Post, "open", new { instance = "aggregated-0" });
        for (var i = 0; i < 2; i++) await http.CompleteAsync(2);
        (await cluster.GetSnapshotAsync()).Instances[0].Steps.ShouldBeGreaterThan(0);
    }

    [Theory]
    [InlineData("POST", "scale", """{"pool":"decode","instances":0}""", 409, "at least 1")]
    [InlineData("POST", "scale", """{"pool":"decode","instances":100000}""", 409, "host has memory")]
    [InlineData("POST", "scale", """{"pool":"decoder","instances":1}""", 404, "prefill, decode")]
    [InlineData("POST", "drain", """{"instance":"decode-9"}""", 404, "decode-0")]
    [InlineData("POST", "drain", """{"instance":"decode-0"}""", 409, "last open decode")]
    [InlineData("POST", "open", """{"instance":"decode-9"}""", 404, "decode-0")]
    [InlineData("POST", "open", """{"instance":"decode-0"}""", 409, "ready already")]
    [InlineData("DELETE", "faults/f99", "", 404, "none is")]
    [InlineData("PUT", "dials/time.scale", """{"value":0}""", 400, "0.01")]
    [InlineData("PUT", "dials/no-such", """{"value":0}""", 404, "time.scale")]
    [InlineData("PUT", "router", """{"policy":"no-such"}""", 404, "round-robin")]
    [InlineData("PUT", "router", """{"policy":"kv-aware","dials":{"temperature":-1}}""", 409, "temperature")]
    public async Task What_makes_no_sense_is_refused_in_words_and_nothing_changes(string method, string path, string body, int status, string said)
    {
        await using var cluster = await LiveCluster.StartAsync(Clusters.Disaggregated(1, 1), s_options);
        using var http = new HttpClient { BaseAddress = cluster.Endpoint };
        var before = await http.AdminAsync(HttpMethod.Get, "topology", null);
        using var request = new HttpRequestMessage(new HttpMethod(method), "admin/" + path) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        using var response = await http.SendAsync(request);

        ((int)response.StatusCode).ShouldBe(status);
        var words = await response.Content.ReadAsStringAsync();
        words.ShouldContain(said);
        words.ShouldNotContain("(Parameter", Case.Sensitive, "whoever asked has no parameter of that name");
        var after = await http.AdminAsync(HttpMethod.Get, "topology", null);
        foreach (var key in new[] { "router", "time_scale", "instances" }) after.GetProperty(key).GetRawText().ShouldBe(before.GetProperty(key).GetRawText());
    }

    [Fact]
    public async Task Another_policy_rules_from_the_next_request_and_the_log_shows_what_each_candidate_would_have_cost()
    {
        await using var cluster = await LiveCluster.StartAsync(Clusters.Aggregated(2), s_options);
        using var http = new HttpClient { BaseAddress = cluster.Endpoint };
        await http.CompleteAsync(2);
        await http.AdminAsync(HttpMethod.Put, "router", new { policy = "kv-aware", dials = new { temperature = 0.5 } });
        await http.AdminAsync(HttpMethod.Put, "dials/temperature", new { value = 0 });
        for (var i = 0; i < 3; i++) await http.CompleteAsync(2);

        var decisions = (await http.AdminAsync(HttpMethod.Get, "router/decisions", null)).GetProperty("decisions");
        decisions.EnumerateArray().Select(d => d.GetProperty("policy").GetString()).ShouldBe(["kv-aware", "kv-aware", "kv-aware", "round-robin"]);
        // The prompt is always the same: all three went where its first was computed, which the index knew before the policy asked.
        decisions.EnumerateArray().Select(d => d.GetProperty("prefill").GetString()).Distinct().ShouldHaveSingleItem();
        decisions[0].GetProperty("candidates").GetArrayLength().ShouldBe(2);
    }

    [Fact]
    public async Task The_time_scale_can_change_under_a_running_request()
    {
        await using var cluster = await LiveCluster.StartAsync(Clusters.Aggregated(1), s_options with { TimeScale = 0.01 });
        using var http = new HttpClient { BaseAddress = cluster.Endpoint };
        var slow = http.CompleteAsync(1000);
        await http.AdminAsync(HttpMethod.Put, "dials/time.scale", new { value = 100 });
        (await slow).ShouldBe(1000);
        (await http.AdminAsync(HttpMethod.Get, "topology", null)).GetProperty("time_scale").GetDouble().ShouldBe(100);
    }
}

/// <summary>Short forms of what these tests say over HTTP.</summary>
internal static class LiveHttp
{
    public static async Task<JsonElement> AdminAsync(this HttpClient http, HttpMethod method, string path, object? body)
    {
        using var request = new HttpRequestMessage(method, "admin/" + path) { Content = body is null ? null : JsonContent.Create(body) };
        using var response = await http.SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        response.IsSuccessStatusCode.ShouldBeTrue(text);
        return JsonDocument.Parse(text).RootElement.Clone();
    }

    /// <summary>Generates so many tokens and returns how many came.</summary>
    public static async Task<int> CompleteAsync(this HttpClient http, int tokens, int firstToken = 0)
    {
        using var response = await http.PostAsJsonAsync("v1/completions", new { model = "tiny", prompt = Enumerable.Range(firstToken, 100).ToArray(), max_tokens = tokens, ignore_eos = true });
        var body = await response.Content.ReadAsStringAsync();
        response.IsSuccessStatusCode.ShouldBeTrue(body);
        return JsonDocument.Parse(body).RootElement.GetProperty("usage").GetProperty("completion_tokens").GetInt32();
    }
}
