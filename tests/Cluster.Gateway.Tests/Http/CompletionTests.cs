using System.Text.Json;
using Cluster.Gateway.Backend;

namespace Cluster.Gateway.Tests.Http;

public sealed class CompletionTests
{
    private const string Completions = "/v1/completions";
    private const string Chat = "/v1/chat/completions";

    [Theory]
    [InlineData(1)]
    [InlineData(17)]
    [InlineData(500)]
    public async Task An_answer_decodes_to_exactly_the_tokens_promised(int tokens)
    {
        await using var gateway = await TestGateway.StartAsync();
        var answer = await gateway.PostJsonAsync(Completions, $$"""{"prompt":"Once","max_tokens":{{tokens}}}""");
        var text = answer.GetProperty("choices")[0].GetProperty("text").GetString()!;
        answer.GetProperty("usage").GetProperty("completion_tokens").GetInt32().ShouldBe(tokens);
        (await CountAsync(gateway, text)).ShouldBe(tokens);
    }

    [Fact]
    public async Task A_stream_says_the_same_as_a_whole_answer()
    {
        await using var gateway = await TestGateway.StartAsync();
        const string Body = """{"messages":[{"role":"user","content":"Hi"}],"temperature":0,"max_tokens":40,"stream":STREAM}""";
        var whole = await gateway.PostJsonAsync(Chat, Body.Replace("STREAM", "false", StringComparison.Ordinal));
        var events = await gateway.StreamAsync(Chat, Body.Replace("STREAM", "true", StringComparison.Ordinal));
        events[^1].ShouldBe("[DONE]");
        var chunks = events[..^1].ConvertAll(e => JsonDocument.Parse(e).RootElement.GetProperty("choices")[0]);
        string.Concat(chunks.Select(c => c.GetProperty("delta").GetProperty("content").GetString()))
            .ShouldBe(whole.GetProperty("choices")[0].GetProperty("message").GetProperty("content").GetString());
        chunks[0].GetProperty("delta").GetProperty("role").GetString().ShouldBe("assistant");
        chunks.Count(c => c.GetProperty("finish_reason").ValueKind != JsonValueKind.Null).ShouldBe(1);
        chunks[^1].GetProperty("finish_reason").GetString().ShouldBe("length");
    }

    /// <summary>What vLLM does, and what its benchmark's inter-token latency counts on: it times events.</summary>
    [Theory]
    [InlineData("")]
    [InlineData(""","stream_options":{"include_usage":false,"continuous_usage_stats":true}""")]
    public async Task Tokens_that_a_drafted_step_gives_leave_in_one_event(string more)
    {
        await using var gateway = await TestGateway.StartAsync(models: new ServedModel("drafting", 4096) { GivesSeveralTokensAStep = true });
        const string Body = """ "messages":[{"role":"user","content":"Say \"naïve\""}],"temperature":0,"max_tokens":40""";
        var whole = await gateway.PostJsonAsync(Chat, $"{{{Body}}}");
        // This backend gives all tokens at once, as one step.
        var events = await gateway.StreamAsync(Chat, $"{{{Body},\"stream\":true{more}}}");
        events.Count.ShouldBe(3, "the role, forty tokens, [DONE]");
        var choice = JsonDocument.Parse(events[1]).RootElement.GetProperty("choices")[0];
        choice.GetProperty("delta").GetProperty("content").GetString().ShouldBe(whole.GetProperty("choices")[0].GetProperty("message").GetProperty("content").GetString());
        choice.GetProperty("finish_reason").GetString().ShouldBe("length");
    }

    [Fact]
    public async Task Log_probabilities_have_an_event_for_each_token_even_of_a_drafted_step()
    {
        await using var gateway = await TestGateway.StartAsync(models: new ServedModel("drafting", 4096) { GivesSeveralTokensAStep = true });
        var events = await gateway.StreamAsync(Completions, """{"prompt":"a","max_tokens":3,"logprobs":1,"stream":true}""");
        events.Count.ShouldBe(4);
    }

    [Fact]
    public async Task The_usage_chunk_comes_only_when_asked_for_and_has_no_choices()
    {
        await using var gateway = await TestGateway.StartAsync();
        var without = await gateway.StreamAsync(Completions, """{"prompt":"a","max_tokens":3,"stream":true}""");
        without.ShouldNotContain(e => e.Contains("usage"));
        without.Count.ShouldBe(4);
        var with = await gateway.StreamAsync(Completions, """{"prompt":"a","max_tokens":3,"stream":true,"stream_options":{"include_usage":true}}""");
        var usage = JsonDocument.Parse(with[^2]).RootElement;
        usage.GetProperty("choices").GetArrayLength().ShouldBe(0);
        usage.GetProperty("usage").GetProperty("total_tokens").GetInt32().ShouldBe(4);
    }

    [Fact]
    public async Task Continuous_usage_counts_up_token_by_token()
    {
        await using var gateway = await TestGateway.StartAsync();
        var events = await gateway.StreamAsync(
            Completions, """{"prompt":"a","max_tokens":3,"stream":true,"stream_options":{"include_usage":true,"continuous_usage_stats":true}}""");
        events[..3].ConvertAll(e => JsonDocument.Parse(e).RootElement.GetProperty("usage").GetProperty("completion_tokens").GetInt32()).ShouldBe([1, 2, 3]);
        events[..3].ShouldAllBe(e => e.Contains("\"logprobs\":null"), "nobody asked for them");
    }

    [Fact]
    public async Task A_later_turn_that_quotes_the_answer_finds_it_in_cache()
    {
        await using var gateway = await TestGateway.StartAsync(new EchoOptions { PrefixCache = true });
        var first = await gateway.PostJsonAsync(Chat, """{"messages":[{"role":"user","content":"Tell me more."}],"max_tokens":200}""");
        var answer = first.GetProperty("choices")[0].GetProperty("message").GetProperty("content").GetString()!;
        var prompt = first.GetProperty("usage").GetProperty("prompt_tokens").GetInt32();
        var quoted = JsonSerializer.Serialize(answer);
        var second = await gateway.PostJsonAsync(Chat,
            $$"""{"messages":[{"role":"user","content":"Tell me more."},{"role":"assistant","content":{{quoted}}},{"role":"user","content":"And then?"}],"max_tokens":2}""");
        // All full blocks of 16 of the first prompt and answer.
        second.GetProperty("usage").GetProperty("prompt_tokens_details").GetProperty("cached_tokens").GetInt32().ShouldBe((prompt + 200) / 16 * 16);
    }

    [Fact]
    public async Task Requests_with_another_cache_salt_share_nothing()
    {
        await using var gateway = await TestGateway.StartAsync(new EchoOptions { PrefixCache = true });
        var prompt = string.Join(',', Enumerable.Range(1000, 64));
        await gateway.PostJsonAsync(Completions, $$"""{"prompt":[{{prompt}}],"cache_salt":"a"}""");
        var same = await gateway.PostJsonAsync(Completions, $$"""{"prompt":[{{prompt}}],"cache_salt":"a"}""");
        var other = await gateway.PostJsonAsync(Completions, $$"""{"prompt":[{{prompt}}],"cache_salt":"b"}""");
        Cached(same).ShouldBe(48);
        Cached(other).ShouldBe(0);
        using var reset = await gateway.PostAsync("/reset_prefix_cache", "");
        reset.EnsureSuccessStatusCode();
        Cached(await gateway.PostJsonAsync(Completions, $$"""{"prompt":[{{prompt}}],"cache_salt":"a"}""")).ShouldBe(0);
    }

    [Fact]
    public async Task A_stop_string_ends_the_answer_before_it()
    {
        await using var gateway = await TestGateway.StartAsync();
        const string Body = """{"prompt":"a","max_tokens":300,"temperature":0,"stop":["the s", "."] EXTRA}""";
        var all = Text(await gateway.PostJsonAsync(Completions, """{"prompt":"a","max_tokens":300,"temperature":0}"""));
        var cut = Math.Min(IndexOf(all, "the s"), IndexOf(all, "."));
        var stopped = await gateway.PostJsonAsync(Completions, Body.Replace("EXTRA", "", StringComparison.Ordinal));
        Text(stopped).ShouldBe(all[..cut]);
        stopped.GetProperty("choices")[0].GetProperty("finish_reason").GetString().ShouldBe("stop");
        var reason = stopped.GetProperty("choices")[0].GetProperty("stop_reason").GetString()!;
        var shown = await gateway.PostJsonAsync(Completions, Body.Replace("EXTRA", ",\"include_stop_str_in_output\":true", StringComparison.Ordinal));
        Text(shown).ShouldBe(all[..(cut + reason.Length)]);
        var later = await gateway.PostJsonAsync(Completions, Body.Replace("EXTRA", ",\"min_tokens\":100", StringComparison.Ordinal));
        later.GetProperty("usage").GetProperty("completion_tokens").GetInt32().ShouldBeGreaterThanOrEqualTo(100);
        var streamed = await gateway.StreamAsync(Completions, Body.Replace("EXTRA", ",\"stream\":true", StringComparison.Ordinal));
        string.Concat(streamed[..^1].Select(e => Text(JsonDocument.Parse(e).RootElement))).ShouldBe(all[..cut]);
    }

    [Fact]
    public async Task Every_prompt_gets_n_choices_in_order()
    {
        await using var gateway = await TestGateway.StartAsync();
        var answer = await gateway.PostJsonAsync(Completions, """{"prompt":["one","two","three"],"n":2,"max_tokens":4}""");
        answer.GetProperty("choices").EnumerateArray().Select(c => c.GetProperty("index").GetInt32()).ShouldBe([0, 1, 2, 3, 4, 5]);
        answer.GetProperty("usage").GetProperty("prompt_tokens").GetInt32().ShouldBe(3);
        answer.GetProperty("usage").GetProperty("completion_tokens").GetInt32().ShouldBe(24);
        var events = await gateway.StreamAsync(Completions, """{"prompt":[[1,2],[3,4]],"n":3,"max_tokens":5,"stream":true}""");
        var chunks = events[..^1].ConvertAll(e => JsonDocument.Parse(e).RootElement.GetProperty("choices")[0].GetProperty("index").GetInt32());
        chunks.GroupBy(i => i).OrderBy(g => g.Key).Select(g => g.Count()).ShouldBe([5, 5, 5, 5, 5, 5]);
    }

    [Fact]
    public async Task Logprobs_have_the_shapes_that_clients_parse()
    {
        await using var gateway = await TestGateway.StartAsync();
        var completion = (await gateway.PostJsonAsync(Completions, """{"prompt":"a","max_tokens":3,"logprobs":2}""")).GetProperty("choices")[0];
        foreach (var list in (string[])["tokens", "token_logprobs", "text_offset", "top_logprobs"])
            completion.GetProperty("logprobs").GetProperty(list).GetArrayLength().ShouldBe(3);
        var chat = (await gateway.PostJsonAsync(Chat,
            """{"messages":[{"role":"user","content":"a"}],"max_tokens":3,"logprobs":true,"top_logprobs":2}""")).GetProperty("choices")[0];
        var content = chat.GetProperty("logprobs").GetProperty("content");
        content.GetArrayLength().ShouldBe(3);
        content[0].GetProperty("top_logprobs").GetArrayLength().ShouldBe(2);
        content[0].GetProperty("logprob").GetDouble().ShouldBeLessThanOrEqualTo(0);
    }

    [Fact]
    public async Task Echo_puts_the_prompt_before_the_answer()
    {
        await using var gateway = await TestGateway.StartAsync();
        Text(await gateway.PostJsonAsync(Completions, """{"prompt":"Grüße 🙂","max_tokens":2,"echo":true}""")).ShouldStartWith("Grüße 🙂 ");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public async Task Echo_with_logprobs_scores_the_prompt_token_by_token(int maxTokens)
    {
        await using var gateway = await TestGateway.StartAsync();
        var count = (await gateway.PostJsonAsync("/tokenize", """{"prompt":"Grüße, one and all"}""")).GetProperty("count").GetInt32();
        var body = $$"""{"prompt":"Grüße, one and all","max_tokens":{{maxTokens}},"echo":true,"logprobs":1,"temperature":0""";
        var whole = (await gateway.PostJsonAsync(Completions, body + "}")).GetProperty("choices")[0];
        var logprobs = whole.GetProperty("logprobs");
        foreach (var list in (string[])["tokens", "token_logprobs", "text_offset", "top_logprobs"])
            logprobs.GetProperty(list).GetArrayLength().ShouldBe(count + maxTokens);
        logprobs.GetProperty("token_logprobs").EnumerateArray().Count(l => l.ValueKind == JsonValueKind.Null).ShouldBe(1, "only the first has nothing before it");
        logprobs.GetProperty("top_logprobs")[1].EnumerateObject().Count().ShouldBe(1);

        var chunks = (await gateway.StreamAsync(Completions, body + ",\"stream\":true}"))[..^1].ConvertAll(e => JsonDocument.Parse(e).RootElement.GetProperty("choices")[0]);
        string.Concat(chunks.Select(c => c.GetProperty("text").GetString())).ShouldBe(whole.GetProperty("text").GetString());
        var scored = chunks.Select(c => c.GetProperty("logprobs")).Where(l => l.ValueKind == JsonValueKind.Object).ToList();
        foreach (var list in (string[])["tokens", "token_logprobs", "text_offset"])
            scored.SelectMany(l => l.GetProperty(list).EnumerateArray()).Select(v => v.GetRawText()).ShouldBe(logprobs.GetProperty(list).EnumerateArray().Select(v => v.GetRawText()));
    }

    [Fact]
    public async Task Functions_and_their_calls_are_part_of_a_chat_s_prompt()
    {
        await using var gateway = await TestGateway.StartAsync();
        const string Tools = """,  "tools":[{"type":"function","function":{"name":"weather","parameters":{"type":"object","properties":{"city":{"type":"string"}}}}}]""";
        const string Called = """,{"role":"assistant","content":null,"tool_calls":[{"id":"c1","type":"function","function":{"name":"weather","arguments":"{\"city\":\"Ulm\"}"}}]},{"role":"tool","tool_call_id":"c1","content":"rain"}""";
        var plain = await TokensAsync("", "");
        var offered = await TokensAsync("", Tools);
        var called = await TokensAsync(Called, Tools);
        offered.ShouldBeGreaterThan(plain + 20);
        called.ShouldBeGreaterThan(offered + 20);

        async Task<int> TokensAsync(string more, string tools) =>
            (await gateway.PostJsonAsync(Chat, $$"""{"messages":[{"role":"system","content":"Be brief."},{"role":"user","content":"Rain?"}{{more}}],"max_tokens":1{{tools}}}"""))
            .GetProperty("usage").GetProperty("prompt_tokens").GetInt32();
    }

    [Theory]
    [InlineData("3", 3)]
    [InlineData("100", 8)]
    [InlineData("-1", 8)]
    public async Task A_prompt_is_truncated_from_its_beginning_when_asked(string keep, int tokens)
    {
        await using var gateway = await TestGateway.StartAsync();
        var answer = await gateway.PostJsonAsync(Completions, $$"""{"prompt":[1,2,3,4,5,6,7,8],"max_tokens":1,"truncate_prompt_tokens":{{keep}}}""");
        answer.GetProperty("usage").GetProperty("prompt_tokens").GetInt32().ShouldBe(tokens);
    }

    [Fact]
    public async Task A_byte_order_mark_before_the_body_is_no_error()
    {
        await using var gateway = await TestGateway.StartAsync();
        (await gateway.PostJsonAsync(Completions, "\uFEFF" + """{"prompt":"a","max_tokens":1}""")).GetProperty("usage").GetProperty("completion_tokens").GetInt32().ShouldBe(1);
    }

    [Fact]
    public async Task Tokenize_and_detokenize_are_inverse()
    {
        await using var gateway = await TestGateway.StartAsync();
        const string Text = "Ünïcödé 🙂 and the rest";
        var tokens = await gateway.PostJsonAsync("/tokenize", $$"""{"prompt":"{{Text}}","return_token_strs":true}""");
        tokens.GetProperty("count").GetInt32().ShouldBe(tokens.GetProperty("tokens").GetArrayLength());
        tokens.GetProperty("token_strs").GetArrayLength().ShouldBe(tokens.GetProperty("count").GetInt32());
        var back = await gateway.PostJsonAsync("/detokenize", $$"""{"tokens":{{tokens.GetProperty("tokens").GetRawText()}}}""");
        back.GetProperty("prompt").GetString().ShouldBe(Text);
    }

    [Fact]
    public async Task An_answer_without_a_limit_ends_by_itself_in_chat_and_after_16_tokens_otherwise()
    {
        await using var gateway = await TestGateway.StartAsync();
        var chat = await gateway.PostJsonAsync(Chat, """{"messages":[{"role":"user","content":"a"}]}""");
        chat.GetProperty("choices")[0].GetProperty("finish_reason").GetString().ShouldBe("stop");
        var completion = await gateway.PostJsonAsync(Completions, """{"prompt":"a"}""");
        completion.GetProperty("usage").GetProperty("completion_tokens").GetInt32().ShouldBe(16);
        completion.GetProperty("choices")[0].GetProperty("finish_reason").GetString().ShouldBe("length");
    }

    private static int IndexOf(string text, string part)
    {
        var at = text.IndexOf(part, StringComparison.Ordinal);
        return at < 0 ? text.Length : at;
    }

    private static int Cached(JsonElement answer) => answer.GetProperty("usage").GetProperty("prompt_tokens_details").GetProperty("cached_tokens").GetInt32();

    private static string Text(JsonElement answer) => answer.GetProperty("choices")[0].GetProperty("text").GetString()!;

    private static async Task<int> CountAsync(TestGateway gateway, string text) =>
        (await gateway.PostJsonAsync("/tokenize", $$"""{"prompt":{{JsonSerializer.Serialize(text)}}}""")).GetProperty("count").GetInt32();
}
