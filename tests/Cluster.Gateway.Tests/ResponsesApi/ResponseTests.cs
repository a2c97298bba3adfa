using System.Text.Json;
using System.Text.Json.Nodes;
using Cluster.Gateway.Backend;

namespace Cluster.Gateway.Tests.ResponsesApi;

/// <summary>Answers of <c>/v1/responses</c>, whole and streamed.</summary>
public sealed class ResponseTests
{
    private const string Path = TypedEvents.Path;
    private const string Chat = "/v1/chat/completions";

    [Fact]
    public async Task A_response_says_what_the_same_chat_says_and_counts_the_same_tokens()
    {
        await using var gateway = await TestGateway.StartAsync();
        var chat = await gateway.PostJsonAsync(Chat, """{"messages":[{"role":"system","content":"Be brief."},{"role":"user","content":"Hi"}],"temperature":0,"max_tokens":30}""");
        var response = await gateway.PostJsonAsync(Path, """{"input":"Hi","instructions":"Be brief.","temperature":0,"max_output_tokens":30}""");
        response.OutputText().ShouldBe(chat.GetProperty("choices")[0].GetProperty("message").Text("content"));
        var (asked, used) = (chat.GetProperty("usage"), response.GetProperty("usage"));
        used.Number("input_tokens").ShouldBe(asked.Number("prompt_tokens"));
        used.Number("output_tokens").ShouldBe(30);
        used.Number("total_tokens").ShouldBe(asked.Number("total_tokens"));
        used.GetProperty("output_tokens_details").Number("reasoning_tokens").ShouldBe(0);
    }

    [Fact]
    public async Task A_response_repeats_what_was_asked_and_says_what_was_taken_for_granted()
    {
        await using var gateway = await TestGateway.StartAsync(models: new ServedModel("m", 4096));
        var response = await gateway.PostJsonAsync(Path, """
            {"input":"Hi","instructions":"Be\nbrief.","metadata":{"a":"1",
             "b":"ü"},"user":"me","service_tier":"flex","reasoning":{"effort":"low"},"text":{"format":{"type":"text"},"verbosity":"low"},"max_tool_calls":3,
             "tools":[{"type":"function","name":"f"}],"tool_choice":"none","parallel_tool_calls":false,"top_p":0.5,"request_id":"resp_mine"}
            """);
        (response.Text("id"), response.Text("object"), response.Text("model"), response.Text("status")).ShouldBe(("resp_mine", "response", "m", "completed"));
        (response.Text("instructions"), response.Text("user"), response.Text("service_tier")).ShouldBe(("Be\nbrief.", "me", "flex"));
        response.GetProperty("metadata").GetRawText().ShouldBe("""{"a":"1","b":"ü"}""");
        response.GetProperty("reasoning").GetRawText().ShouldBe("""{"effort":"low"}""");
        response.GetProperty("text").GetProperty("format").Text("type").ShouldBe("text");
        response.GetProperty("tools").GetRawText().ShouldBe("""[{"type":"function","name":"f"}]""");
        (response.Text("tool_choice"), response.GetProperty("parallel_tool_calls").GetBoolean(), response.Number("max_tool_calls")).ShouldBe(("none", false, 3));
        (response.GetProperty("temperature").GetDouble(), response.GetProperty("top_p").GetDouble(), response.Text("truncation")).ShouldBe((1, 0.5, "disabled"));
        response.Number("max_output_tokens").ShouldBe(4096 - response.GetProperty("usage").Number("input_tokens"));
        (response.GetProperty("store").GetBoolean(), response.GetProperty("background").GetBoolean()).ShouldBe((false, false));
        response.GetProperty("incomplete_details").ValueKind.ShouldBe(JsonValueKind.Null);
        response.TryGetProperty("error", out _).ShouldBeFalse();
        (await gateway.PostJsonAsync(Path, """{"input":"Hi","max_output_tokens":1}""")).Text("id").ShouldStartWith("resp_");
    }

    [Fact]
    public async Task Tokens_that_a_drafted_step_gives_leave_in_one_event()
    {
        await using var gateway = await TestGateway.StartAsync(models: new ServedModel("drafting", 4096) { GivesSeveralTokensAStep = true });
        const string Body = """ "input":"Say \"naïve\"","temperature":0,"max_output_tokens":40""";
        var whole = await gateway.PostJsonAsync(Path, $"{{{Body}}}");
        // This backend gives all tokens at once, as one step.
        var events = await gateway.TypedEventsAsync($"{{{Body},\"stream\":true}}");
        events.Of("response.output_text.delta").ShouldHaveSingleItem().Text("delta").ShouldBe(whole.OutputText());
        var likely = await gateway.TypedEventsAsync($"{{{Body},\"stream\":true,\"include\":[\"message.output_text.logprobs\"]}}");
        likely.Of("response.output_text.delta").Count.ShouldBe(40, "each token has a likelihood of its own");
    }

    [Fact]
    public async Task A_limit_makes_a_response_incomplete_and_says_why()
    {
        await using var gateway = await TestGateway.StartAsync();
        var response = await gateway.PostJsonAsync(Path, """{"input":"Hi","max_output_tokens":5}""");
        response.Text("status").ShouldBe("incomplete");
        response.GetProperty("incomplete_details").Text("reason").ShouldBe("max_output_tokens");
        response.GetProperty("output")[0].Text("status").ShouldBe("incomplete");
        var last = (await gateway.TypedEventsAsync("""{"input":"Hi","max_output_tokens":5,"stream":true}"""))[^1];
        last.Text("type").ShouldBe("response.incomplete");
        last.GetProperty("response").GetProperty("incomplete_details").Text("reason").ShouldBe("max_output_tokens");
    }

    [Fact]
    public async Task A_stream_opens_its_item_brings_a_token_an_event_and_ends_with_the_whole_response()
    {
        await using var gateway = await TestGateway.StartAsync(new EchoOptions { PrefixCache = true });
        const string Body = """{"input":"Tell me more about all of this, please, and take your time.","temperature":0,"stop":[" the"],"request_id":"resp_1","stream":STREAM}""";
        var whole = await gateway.PostJsonAsync(Path, Body.Replace("STREAM", "false", StringComparison.Ordinal));
        whole.Text("status").ShouldBe("completed");
        var events = await gateway.TypedEventsAsync(Body.Replace("STREAM", "true", StringComparison.Ordinal));

        var types = events.Types();
        types[..4].ShouldBe(["response.created", "response.in_progress", "response.output_item.added", "response.content_part.added"]);
        types[^4..].ShouldBe(["response.output_text.done", "response.content_part.done", "response.output_item.done", "response.completed"]);
        types[4..^4].ShouldAllBe(t => t == "response.output_text.delta");
        var text = whole.OutputText();
        string.Concat(events.Of("response.output_text.delta").Select(e => e.Text("delta"))).ShouldBe(text);
        // The token that ends the answer shows nothing: the stop string is cut off.
        types[4..^4].Count.ShouldBe(whole.GetProperty("usage").Number("output_tokens") - 1);

        foreach (var begun in events[..2])
        {
            begun.GetProperty("response").Text("status").ShouldBe("in_progress");
            begun.GetProperty("response").GetProperty("output").GetArrayLength().ShouldBe(0);
            begun.GetProperty("response").GetProperty("usage").ValueKind.ShouldBe(JsonValueKind.Null);
        }

        events[2].GetProperty("item").GetProperty("content").GetArrayLength().ShouldBe(0);
        events[2].GetProperty("item").Text("status").ShouldBe("in_progress");
        events[3].GetProperty("part").GetRawText().ShouldBe("""{"annotations":[],"text":"","type":"output_text","logprobs":[]}""");
        var item = events[2].GetProperty("item").Text("id");
        item.ShouldStartWith("msg_");
        events[3..^2].ShouldAllBe(e => e.Text("item_id") == item && e.Number("output_index") == 0 && e.Number("content_index") == 0);
        events[^4].Text("text").ShouldBe(text);
        events[^3].GetProperty("part").Text("text").ShouldBe(text);
        events[^2].GetProperty("item").GetRawText().ShouldBe(events[^1].GetProperty("response").GetProperty("output")[0].GetRawText());
        Same(events[^1].GetProperty("response"), whole).ShouldBeTrue();
        events[^1].GetProperty("response").GetProperty("usage").GetProperty("input_tokens_details").Number("cached_tokens").ShouldBe(16);
    }

    [Fact]
    public async Task Events_are_numbered_without_a_gap_however_many_digits_it_takes()
    {
        await using var gateway = await TestGateway.StartAsync();
        var events = await gateway.TypedEventsAsync("""{"input":"Hi","max_output_tokens":1100,"stream":true}""");
        events.Of("response.output_text.delta").Count.ShouldBe(1100);
        events[^1].Number("sequence_number").ShouldBe(2 + 2 + 1100 + 4 - 1);
    }

    [Fact]
    public async Task Log_probabilities_come_when_they_are_included_with_each_delta_and_with_the_whole()
    {
        await using var gateway = await TestGateway.StartAsync();
        const string Body = """{"input":"Hi","temperature":0,"max_output_tokens":4,"include":["message.output_text.logprobs"],"top_logprobs":2,"stream":STREAM}""";
        var whole = await gateway.PostJsonAsync(Path, Body.Replace("STREAM", "false", StringComparison.Ordinal));
        whole.Number("top_logprobs").ShouldBe(2);
        var expected = whole.GetProperty("output")[0].GetProperty("content")[0].GetProperty("logprobs").EnumerateArray().Select(l => l.GetRawText()).ToList();
        expected.Count.ShouldBe(4);
        expected.ShouldAllBe(l => l.Contains("\"top_logprobs\":[{"));
        var events = await gateway.TypedEventsAsync(Body.Replace("STREAM", "true", StringComparison.Ordinal));
        events.Of("response.output_text.delta").Select(e => e.GetProperty("logprobs").EnumerateArray().Single().GetRawText()).ShouldBe(expected);
        events.Of("response.output_text.done")[0].GetProperty("logprobs").EnumerateArray().Select(l => l.GetRawText()).ShouldBe(expected);
    }

    [Theory]
    [InlineData("""{"type":"json_schema","name":"point","strict":true,"schema":{"type":"object","properties":{"x":{"type":"integer"},"y":{"const":7}},"required":["x","y"]}}""")]
    [InlineData("""{"type":"json_object"}""")]
    public async Task A_format_is_kept_whole_and_streamed(string format)
    {
        await using var gateway = await TestGateway.StartAsync();
        var body = $$$"""{"input":"Where?","temperature":0,"text":{"format":{{{format}}}},"stream":STREAM}""";
        var whole = await gateway.PostJsonAsync(Path, body.Replace("STREAM", "false", StringComparison.Ordinal));
        whole.Text("status").ShouldBe("completed");
        var json = JsonDocument.Parse(whole.OutputText()).RootElement;
        json.ValueKind.ShouldBe(JsonValueKind.Object);
        if (format.Contains("schema", StringComparison.Ordinal)) json.Number("y").ShouldBe(7);
        var events = await gateway.TypedEventsAsync(body.Replace("STREAM", "true", StringComparison.Ordinal));
        string.Concat(events.Of("response.output_text.delta").Select(e => e.Text("delta"))).ShouldBe(whole.OutputText());
    }

    [Fact]
    public async Task A_long_prompt_is_cut_only_when_that_is_allowed()
    {
        await using var gateway = await TestGateway.StartAsync(models: new ServedModel("m", 64));
        var input = string.Concat(Enumerable.Repeat("and so on ", 100));
        var (status, error) = await gateway.PostErrorAsync(Path, $$"""{"input":"{{input}}","max_output_tokens":4}""");
        (status, error.Text("param")).ShouldBe((400, "input"));
        var cut = await gateway.PostJsonAsync(Path, $$"""{"input":"{{input}}","max_output_tokens":4,"truncation":"auto"}""");
        cut.GetProperty("usage").Number("input_tokens").ShouldBe(60);
        cut.Text("truncation").ShouldBe("auto");
    }

    [Fact]
    public async Task A_request_that_breaks_off_ends_as_failed_with_what_had_come()
    {
        await using var gateway = await TestGateway.StartAsync(new EchoOptions { TimePerOutputToken = TimeSpan.FromMilliseconds(5) }, new GatewayOptions { DrainTimeout = TimeSpan.Zero });
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(Path, UriKind.Relative)) { Content = new StringContent("""{"input":"Hi","max_output_tokens":100000,"stream":true}""", new System.Net.Http.Headers.MediaTypeHeaderValue("application/json")) };
        using var response = await gateway.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        await gateway.App.StopAsync();
        var events = TypedEvents.Parse(await response.Content.ReadAsStringAsync());
        events[^1].Text("type").ShouldBe("response.failed");
        var failed = events[^1].GetProperty("response");
        (failed.Text("status"), failed.GetProperty("error").Text("code"), failed.GetProperty("error").Text("message")).ShouldBe(("failed", "server_error", "The request was aborted."));
        failed.OutputText().ShouldBe(string.Concat(events.Of("response.output_text.delta").Select(e => e.Text("delta"))));
    }

    /// <summary>The same but for when it was made, and what the second of two requests finds in cache.</summary>
    private static bool Same(JsonElement one, JsonElement other)
    {
        return JsonNode.DeepEquals(Without(one), Without(other));

        static JsonObject Without(JsonElement response)
        {
            var copy = JsonNode.Parse(response.GetRawText())!.AsObject();
            copy.Remove("created_at");
            copy["usage"]!.AsObject().Remove("input_tokens_details");
            copy["output"]![0]!.AsObject().Remove("id");
            return copy;
        }
    }
}
