using System.Net.Http.Json;
using System.Text.Json;
using Cluster.Engine.Cost;
using Cluster.Engine.Topology;
using Cluster.Engine.Units;
using Cluster.Gateway.Live;
using Cluster.Testing;

namespace Cluster.Gateway.Tests.Live;

/// <summary>Real grains, a real socket, the engine's steps in emulated real time.</summary>
public sealed class LiveClusterTests
{
    private static readonly LiveOptions s_options = new() { Compute = ComputeMode.Modeled };

    [Fact]
    public async Task A_client_that_goes_away_frees_its_slot_and_its_blocks()
    {
        await using var cluster = await LiveCluster.StartAsync(Clusters.Disaggregated(1, 1), s_options);
        using var http = new HttpClient { BaseAddress = cluster.Endpoint };
        using var gone = new CancellationTokenSource();
        using var request = new HttpRequestMessage(HttpMethod.Post, "v1/completions")
        {
            Content = JsonContent.Create(new { model = "tiny", prompt = "tell me everything", max_tokens = 3000, ignore_eos = true, stream = true }),
        };
        using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, gone.Token);
        (await cluster.GetSnapshotAsync()).Instances.Sum(i => i.Running).ShouldBe(1);

        await gone.CancelAsync();
        response.Dispose();

        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while ((await cluster.GetSnapshotAsync()).Instances.Any(i => i.Running > 0 || i.KvUsage > 0)) limit.Token.ThrowIfCancellationRequested();
    }

    [Fact]
    public async Task A_drafted_step_is_one_event_to_the_client_and_one_gap_in_the_metrics()
    {
        static InstanceSpec Drafting(int i)
        {
            var spec = Clusters.Instance($"aggregated-{i}", cost: new LinearCost(stepMs: 20));
            return spec with { Deployment = spec.Deployment with { Speculation = new SpeculativeDecoding(DraftMethod.Eagle, 3, 0.9999999) } };
        }

        await using var cluster = await LiveCluster.StartAsync(Clusters.Aggregated(1, Drafting), s_options);
        using var http = new HttpClient { BaseAddress = cluster.Endpoint };
        using var response = await http.PostAsJsonAsync("v1/completions", new { model = "tiny", prompt = new[] { 1, 2, 3 }, max_tokens = 41, ignore_eos = true, stream = true });
        var events = (await response.Content.ReadAsStringAsync()).Split("\n\n", StringSplitOptions.RemoveEmptyEntries);

        // The prompt's token, then forty in steps of four; a host that falls behind can only join more of them.
        events[..^1].Length.ShouldBeInRange(1, 11);
        events[^1].ShouldBe("data: [DONE]");
        (await http.GetStringAsync("metrics")).Split('\n').Single(l => l.StartsWith("vllm:inter_token_latency_seconds_count", StringComparison.Ordinal)).ShouldEndWith("} 10");
    }

    [Fact]
    public async Task A_prompt_seen_before_is_found_in_cache_and_usage_says_so()
    {
        await using var cluster = await LiveCluster.StartAsync(Clusters.Aggregated(1), s_options);
        using var http = new HttpClient { BaseAddress = cluster.Endpoint };
        var prompt = Enumerable.Range(0, 100).ToArray();

        (await CachedTokensAsync(http, prompt)).ShouldBe(0);
        // 100 tokens are six full blocks of 16.
        (await CachedTokensAsync(http, prompt)).ShouldBe(96);
    }

    [Fact]
    public async Task Metrics_are_true_to_the_engines()
    {
        await using var cluster = await LiveCluster.StartAsync(Clusters.Disaggregated(1, 1), s_options);
        using var http = new HttpClient { BaseAddress = cluster.Endpoint };
        await CachedTokensAsync(http, [.. Enumerable.Range(0, 40)]);

        var metrics = await http.GetStringAsync("metrics");
        metrics.ShouldContain("vllm:prompt_tokens_total{engine=\"prefill-0\",model_name=\"tiny\"} 40");
        metrics.ShouldContain("vllm:generation_tokens_total{engine=\"prefill-0\",model_name=\"tiny\"} 1");
        metrics.ShouldContain("vllm:generation_tokens_total{engine=\"decode-0\",model_name=\"tiny\"} 3");
    }

    [Fact]
    public async Task A_request_that_no_instance_could_ever_hold_is_refused_in_words()
    {
        await using var cluster = await LiveCluster.StartAsync(Clusters.Aggregated(1, i => Clusters.Instance(blocks: 4)), s_options);
        using var http = new HttpClient { BaseAddress = cluster.Endpoint };
        using var response = await http.PostAsJsonAsync("v1/completions", new { model = "tiny", prompt = Enumerable.Range(0, 100).ToArray(), max_tokens = 4 });

        response.IsSuccessStatusCode.ShouldBeFalse();
        (await response.Content.ReadAsStringAsync()).ShouldContain("KV blocks");
    }

    [Fact]
    public async Task A_request_waits_out_the_emulated_front_end_before_it_is_routed()
    {
        var spec = Clusters.Aggregated(1) with { FrontEnd = new FrontEnd(30 * Time.Millisecond, Time.Millisecond) };
        await using var cluster = await LiveCluster.StartAsync(spec, s_options);
        using var http = new HttpClient { BaseAddress = cluster.Endpoint };

        var usage = await UsageAsync(http, [.. Enumerable.Range(0, 10)]);

        var hops = usage.GetProperty("ttft_hops_ms");
        hops.GetProperty("tokenize").GetDouble().ShouldBeGreaterThanOrEqualTo(40);
        hops.GetProperty("route").GetDouble().ShouldBeGreaterThanOrEqualTo(0, "routed before it had passed");
    }

    private static async Task<int> CachedTokensAsync(HttpClient http, int[] prompt) =>
        (await UsageAsync(http, prompt)).GetProperty("prompt_tokens_details").GetProperty("cached_tokens").GetInt32();

    private static async Task<JsonElement> UsageAsync(HttpClient http, int[] prompt)
    {
        using var response = await http.PostAsJsonAsync("v1/completions", new { model = "tiny", prompt, max_tokens = 4, ignore_eos = true, return_hops = true });
        var body = await response.Content.ReadAsStringAsync();
        response.IsSuccessStatusCode.ShouldBeTrue(body);
        return JsonDocument.Parse(body).RootElement.GetProperty("usage");
    }
}
