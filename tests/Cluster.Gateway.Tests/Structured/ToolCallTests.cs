using System.Text.Json;

namespace Cluster.Gateway.Tests.Structured;

/// <summary>Calls of functions over HTTP, as a client puts them together.</summary>
public sealed class ToolCallTests
{
    private const string Chat = "/v1/chat/completions";

    private const string Tools = """
        "tools":[
          {"type":"function","function":{"name":"get_weather","parameters":{"type":"object","properties":{"city":{"enum":["Ulm","Łódź"]},"days":{"type":"integer","minimum":1,"maximum":7}},"required":["city","days"]}}},
          {"type":"function","function":{"name":"stock_price","parameters":{"type":"object","properties":{"symbol":{"type":"string","pattern":"^[A-Z]{4}$"}},"required":["symbol"]}}},
          {"type":"function","function":{"name":"now"}}]
        """;

    [Theory]
    [InlineData("Rain?", "\"required\"", 1, "tool_calls", "")]
    [InlineData("The weather and the stock's price?", "\"required\"", 2, "tool_calls", "")]
    [InlineData("The weather and the stock's price?", "\"auto\"", 2, "tool_calls", null)]
    [InlineData("The weather and the stock's price?\",\"name\":\"u", "\"auto\",\"parallel_tool_calls\":false", 1, "tool_calls", null)]
    [InlineData("Rain?", """{"type":"function","function":{"name":"stock_price"}}""", 1, "stop", "")]
    public async Task Calls_streamed_or_whole_are_the_same_and_satisfy_their_schemas(string question, string choice, int count, string finish, string? content)
    {
        await using var gateway = await TestGateway.StartAsync();
        var body = $$"""{"messages":[{"role":"user","content":"{{question}}"}],"temperature":0,{{Tools}},"tool_choice":{{choice}}""";
        var answer = await gateway.PostJsonAsync(Chat, body + "}");
        var whole = answer.GetProperty("choices")[0];
        whole.GetProperty("finish_reason").GetString().ShouldBe(finish);
        whole.GetProperty("message").GetProperty("content").GetString().ShouldBe(content);
        var calls = whole.GetProperty("message").GetProperty("tool_calls").EnumerateArray().Select(Call).ToList();
        calls.Count.ShouldBe(count);
        calls.ForEach(ShouldBeRight);

        var (streamed, reason, usage) = await StreamedAsync(gateway, body);
        streamed.Select(c => (c.Name, c.Arguments)).ShouldBe(calls.Select(c => (c.Name, c.Arguments)));
        reason.ShouldBe(finish);
        usage.ShouldBe(answer.GetProperty("usage").GetProperty("completion_tokens").GetInt32());
    }

    [Fact]
    public async Task A_first_delta_has_index_id_and_name_and_later_ones_the_arguments()
    {
        await using var gateway = await TestGateway.StartAsync();
        var deltas = (await gateway.StreamAsync(Chat, $$"""{"messages":[{"role":"user","content":"Hi"}],{{Tools}},"tool_choice":"required","stream":true}"""))[..^1]
            .ConvertAll(e => JsonDocument.Parse(e).RootElement.GetProperty("choices")[0].GetProperty("delta"));
        deltas[0].GetProperty("role").GetString().ShouldBe("assistant");
        var pieces = deltas.Where(d => d.TryGetProperty("tool_calls", out _)).Select(d => d.GetProperty("tool_calls")[0]).ToList();
        pieces[0].GetProperty("id").GetString()!.ShouldStartWith("chatcmpl-tool-");
        pieces[0].GetProperty("type").GetString().ShouldBe("function");
        pieces.Skip(1).ShouldAllBe(p => !p.GetRawText().Contains("\"id\"") && p.GetProperty("index").GetInt32() == 0);
        pieces.Count.ShouldBeGreaterThan(1);
    }

    [Theory]
    [InlineData("Tell me a story.", "")]
    [InlineData("The weather?", ",\"tool_choice\":\"none\"")]
    [InlineData("The weather?", ",\"response_format\":{\"type\":\"json_object\"}")]
    public async Task An_answer_that_needs_no_function_is_text(string question, string more)
    {
        await using var gateway = await TestGateway.StartAsync();
        var answer = (await gateway.PostJsonAsync(Chat, $$"""{"messages":[{"role":"user","content":"{{question}}"}],"max_tokens":400,{{Tools}}{{more}}}""")).GetProperty("choices")[0];
        answer.GetProperty("message").GetProperty("tool_calls").GetArrayLength().ShouldBe(0);
        answer.GetProperty("message").GetProperty("content").GetString().ShouldNotBeEmpty();
        answer.GetProperty("finish_reason").GetString().ShouldNotBe("tool_calls");
    }

    [Fact]
    public async Task A_function_s_result_is_answered_in_words_and_the_quoted_call_is_found_in_cache()
    {
        await using var gateway = await TestGateway.StartAsync(new Cluster.Gateway.Backend.EchoOptions { PrefixCache = true });
        var padding = string.Concat(Enumerable.Repeat("and so on ", 100));
        var asked = $$"""{"role":"user","content":"The weather? {{padding}}"}""";
        var first = await gateway.PostJsonAsync(Chat, $$"""{"messages":[{{asked}}],{{Tools}}}""");
        var message = first.GetProperty("choices")[0].GetProperty("message").GetRawText();
        var id = first.GetProperty("choices")[0].GetProperty("message").GetProperty("tool_calls")[0].GetProperty("id").GetString();
        var second = await gateway.PostJsonAsync(Chat, $$"""{"messages":[{{asked}},{{message}},{"role":"tool","tool_call_id":"{{id}}","content":"rain {{padding}}"}],{{Tools}},"max_tokens":8}""");
        second.GetProperty("choices")[0].GetProperty("finish_reason").GetString().ShouldBe("length");
        second.GetProperty("choices")[0].GetProperty("message").GetProperty("content").GetString().ShouldNotBeEmpty();
        var firstTokens = first.GetProperty("usage").GetProperty("total_tokens").GetInt32();
        second.GetProperty("usage").GetProperty("prompt_tokens_details").GetProperty("cached_tokens").GetInt32().ShouldBe(firstTokens / 16 * 16);
    }

    [Fact]
    public async Task A_limit_cuts_a_call_s_arguments()
    {
        await using var gateway = await TestGateway.StartAsync();
        var body = $$$"""{"messages":[{"role":"user","content":"Hi"}],{{{Tools}}},"tool_choice":{"type":"function","function":{"name":"get_weather"}},"max_tokens":3""";
        var whole = (await gateway.PostJsonAsync(Chat, body + "}")).GetProperty("choices")[0];
        whole.GetProperty("finish_reason").GetString().ShouldBe("length");
        whole.GetProperty("message").GetProperty("tool_calls")[0].GetProperty("function").GetProperty("arguments").GetString()!.ShouldBe("{\"city\":");
    }

    [Theory]
    [InlineData("\"tools\":[]", "must not be an empty array")]
    [InlineData("\"tools\":{}", "valid list")]
    [InlineData("\"tools\":[{\"type\":\"custom\"}]", "tools.0.type")]
    [InlineData("\"tools\":[{\"type\":\"function\"}]", "tools.0.function: Field required")]
    [InlineData("\"tools\":[{\"type\":\"function\",\"function\":{}}]", "tools.0.function.name: Field required")]
    [InlineData("\"tool_choice\":\"auto\"", "`tools` must be set")]
    [InlineData(Tools + ",\"tool_choice\":\"sometimes\"", "Invalid value for `tool_choice`: sometimes!")]
    [InlineData(Tools + ",\"tool_choice\":{\"type\":\"function\"}", "Invalid value for `function`")]
    [InlineData(Tools + ",\"tool_choice\":{\"function\":{}}", "Expected field `name`")]
    [InlineData(Tools + ",\"tool_choice\":{\"function\":{\"name\":\"nope\"}}", "does not match any of the specified `tools`")]
    [InlineData(Tools + ",\"tool_choice\":{\"function\":{\"name\":\"now\"}},\"guided_choice\":[\"a\"]", "not both")]
    [InlineData("\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\",\"parameters\":{\"type\":\"strnig\"}}}],\"tool_choice\":\"required\"", "the function `f`")]
    public async Task Functions_that_make_no_sense_are_refused(string fields, string reason)
    {
        await using var gateway = await TestGateway.StartAsync();
        var (status, error) = await gateway.PostErrorAsync(Chat, $$"""{"messages":[{"role":"user","content":"Hi"}],{{fields}}}""");
        status.ShouldBe(400);
        error.GetProperty("message").GetString()!.ShouldContain(reason);
    }

    private static (string Name, string Arguments) Call(JsonElement call) =>
        (call.GetProperty("function").GetProperty("name").GetString()!, call.GetProperty("function").GetProperty("arguments").GetString()!);

    private static void ShouldBeRight((string Name, string Arguments) call)
    {
        var arguments = JsonDocument.Parse(call.Arguments).RootElement;
        switch (call.Name)
        {
            case "get_weather":
                arguments.GetProperty("city").GetString().ShouldBeOneOf("Ulm", "Łódź");
                arguments.GetProperty("days").GetInt32().ShouldBeInRange(1, 7);
                break;
            case "stock_price":
                arguments.GetProperty("symbol").GetString()!.ShouldMatch("^[A-Z]{4}$");
                break;
            default:
                call.Arguments.ShouldBe("{}");
                break;
        }
    }

    /// <summary>Puts a stream together as clients do.</summary>
    private static async Task<(List<(string Name, string Arguments)> Calls, string? Finish, int CompletionTokens)> StreamedAsync(TestGateway gateway, string body)
    {
        var (calls, finish, tokens) = (new List<(string Name, string Arguments)>(), (string?)null, 0);
        foreach (var payload in (await gateway.StreamAsync(Chat, body + ",\"stream\":true,\"stream_options\":{\"include_usage\":true}}"))[..^1])
        {
            var chunk = JsonDocument.Parse(payload).RootElement;
            if (chunk.TryGetProperty("usage", out var usage)) tokens = usage.GetProperty("completion_tokens").GetInt32();
            var choices = chunk.GetProperty("choices");
            if (choices.GetArrayLength() == 0) continue;
            finish = choices[0].GetProperty("finish_reason").GetString() ?? finish;
            if (!choices[0].GetProperty("delta").TryGetProperty("tool_calls", out var pieces)) continue;
            foreach (var piece in pieces.EnumerateArray())
            {
                var (index, function) = (piece.GetProperty("index").GetInt32(), piece.GetProperty("function"));
                if (index == calls.Count) calls.Add((function.GetProperty("name").GetString()!, ""));
                calls[index] = (calls[index].Name, calls[index].Arguments + function.GetProperty("arguments").GetString());
            }
        }

        return (calls, finish, tokens);
    }
}
