using System.Net.Http.Json;
using Cluster.Engine.Topology;
using Cluster.Gateway.Live;
using Cluster.Gateway.Tests.ResponsesApi;
using Cluster.Testing;

namespace Cluster.Gateway.Tests.Live;

/// <summary><c>/v1/responses</c> in front of real grains: the engine knows no other request in it.</summary>
public sealed class LiveResponsesTests
{
    private static readonly LiveOptions s_options = new() { Compute = ComputeMode.Modeled, TimeScale = 10 };

    [Fact]
    public async Task A_response_comes_from_the_engines_with_its_hops_and_finds_a_chat_s_prompt_in_cache()
    {
        await using var cluster = await LiveCluster.StartAsync(Clusters.Disaggregated(1, 1), s_options);
        using var http = new HttpClient { BaseAddress = cluster.Endpoint };
        var question = string.Concat(Enumerable.Repeat("and so on ", 50));
        using (var chat = await http.PostAsJsonAsync("v1/chat/completions", new { messages = new[] { new { role = "user", content = question } }, max_tokens = 2 })) chat.EnsureSuccessStatusCode();

        using var answer = await http.PostAsJsonAsync("v1/responses", new { input = question, max_output_tokens = 20, stream = true, return_hops = true });
        var events = TypedEvents.Parse(await answer.Content.ReadAsStringAsync());

        events.Of("response.output_text.delta").Count.ShouldBe(20);
        var usage = events[^1].GetProperty("response").GetProperty("usage");
        usage.Number("output_tokens").ShouldBe(20);
        usage.GetProperty("input_tokens_details").Number("cached_tokens").ShouldBe((usage.Number("input_tokens") - 1) / 16 * 16);
        usage.GetProperty("ttft_hops_ms").GetProperty("prefill").GetDouble().ShouldBeGreaterThan(0);
    }
}
