using Cluster.Gateway.Backend;

namespace Cluster.Gateway.Tests.ResponsesApi;

/// <summary>What <c>input</c> comes to: the prompt of the chat that means the same, token for token.</summary>
public sealed class InputTests
{
    private const string Chat = "/v1/chat/completions";

    private const string Call = """{"type":"function_call","id":"fc_1","call_id":"c1","name":"weather","arguments":"{\"city\":\"Ulm\"}","status":"completed"}""";
    private const string ChatCall = """{"id":"c1","type":"function","function":{"name":"weather","arguments":"{\"city\":\"Ulm\"}"}}""";

    [Theory]
    [InlineData("\"Hi\"", """{"role":"user","content":"Hi"}""")]
    [InlineData("""[{"role":"user","content":"Hi"}]""", """{"role":"user","content":"Hi"}""")]
    [InlineData("""[{"type":"message","role":"developer","content":[{"type":"input_text","text":"Be"},{"text":"brief.","type":"input_text"}]},{"role":"user","content":"Hi"}]""",
        """{"role":"developer","content":"Be\nbrief."},{"role":"user","content":"Hi"}""")]
    [InlineData("""[{"role":"user","content":"Hi"},{"id":"msg_1","type":"message","status":"completed","role":"assistant","content":[{"type":"output_text","text":"Hello.","annotations":[]}]},{"role":"user","content":"So?"}]""",
        """{"role":"user","content":"Hi"},{"role":"assistant","content":"Hello."},{"role":"user","content":"So?"}""")]
    [InlineData($$"""[{"role":"user","content":"Rain?"},{{Call}},{{Call}},{"type":"function_call_output","call_id":"c1","output":"rain"},{"type":"function_call_output","call_id":"c1","output":[{"type":"input_text","text":"sun"}]}]""",
        $$"""{"role":"user","content":"Rain?"},{"role":"assistant","content":null,"tool_calls":[{{ChatCall}},{{ChatCall}}]},{"role":"tool","tool_call_id":"c1","content":"rain"},{"role":"tool","tool_call_id":"c1","content":"sun"}""")]
    [InlineData($$"""[{"role":"user","content":"Rain?"},{"role":"assistant","content":"Let me see."},{{Call}},{"type":"function_call_output","call_id":"c1","output":"rain"}]""",
        $$"""{"role":"user","content":"Rain?"},{"role":"assistant","content":"Let me see.","tool_calls":[{{ChatCall}}]},{"role":"tool","tool_call_id":"c1","content":"rain"}""")]
    [InlineData($$"""[{"role":"user","content":"Rain?"},{{Call}},{"role":"assistant","content":"Let me see."},{"type":"function_call_output","call_id":"c1","output":"rain"}]""",
        $$"""{"role":"user","content":"Rain?"},{"role":"assistant","content":"Let me see.","tool_calls":[{{ChatCall}}]},{"role":"tool","tool_call_id":"c1","content":"rain"}""")]
    [InlineData("""[{"role":"user","content":"Hi"},{"type":"reasoning","id":"rs_1","summary":[],"content":[{"type":"reasoning_text","text":"Hm."}]},{"role":"assistant","content":[{"type":"refusal","refusal":"No."}]},{"role":"user","content":"So?"}]""",
        """{"role":"user","content":"Hi"},{"role":"assistant","content":"No."},{"role":"user","content":"So?"}""")]
    public async Task It_is_the_prompt_of_the_chat_that_means_the_same(string input, string messages)
    {
        await using var gateway = await TestGateway.StartAsync(new EchoOptions { PrefixCache = true });
        var padding = string.Concat(Enumerable.Repeat("and so on ", 20));
        var chat = await gateway.PostJsonAsync(Chat, $$"""{"messages":[{"role":"system","content":"{{padding}}"},{{messages}}],"max_tokens":1,"temperature":0}""");
        var response = await gateway.PostJsonAsync(TypedEvents.Path, $$"""{"instructions":"{{padding}}","input":{{input}},"max_output_tokens":1,"temperature":0}""");
        response.OutputText().ShouldBe(chat.GetProperty("choices")[0].GetProperty("message").Text("content"), "the text is seeded by every token of the prompt");
        var tokens = response.GetProperty("usage").Number("input_tokens");
        tokens.ShouldBe(chat.GetProperty("usage").Number("prompt_tokens"));
        response.GetProperty("usage").GetProperty("input_tokens_details").Number("cached_tokens").ShouldBe((tokens - 1) / 16 * 16);
    }

    [Fact]
    public async Task Functions_weigh_what_they_weigh_in_a_chat()
    {
        await using var gateway = await TestGateway.StartAsync();
        const string Parameters = "\"parameters\":{\"type\":\"object\",\"properties\":{\"city\":{\"type\":\"string\"}}},\"strict\":true";
        var chat = await gateway.PostJsonAsync(Chat, $$$"""{"messages":[{"role":"user","content":"Hi"}],"tools":[{"type":"function","function":{"name":"weather",{{{Parameters}}}}}],"max_tokens":1}""");
        var response = await gateway.PostJsonAsync(TypedEvents.Path, $$$"""{"input":"Hi","tools":[{"type":"function","name":"weather",{{{Parameters}}}}],"max_output_tokens":1}""");
        response.GetProperty("usage").Number("input_tokens").ShouldBe(chat.GetProperty("usage").Number("prompt_tokens"));
    }

    [Fact]
    public async Task A_response_appended_to_the_next_input_is_found_in_cache()
    {
        await using var gateway = await TestGateway.StartAsync(new EchoOptions { PrefixCache = true });
        var first = await gateway.PostJsonAsync(TypedEvents.Path, """{"input":"Tell me more.","stop":["zzz"]}""");
        var output = first.GetProperty("output")[0].GetRawText();
        var second = await gateway.PostJsonAsync(TypedEvents.Path, $$"""{"input":[{"role":"user","content":"Tell me more."},{{output}},{"role":"user","content":"And then?"}],"max_output_tokens":2}""");
        second.GetProperty("usage").GetProperty("input_tokens_details").Number("cached_tokens").ShouldBe(first.GetProperty("usage").Number("total_tokens") / 16 * 16);
    }

    [Fact]
    public async Task An_answer_that_was_cut_goes_on_where_it_ended()
    {
        await using var gateway = await TestGateway.StartAsync(new EchoOptions { PrefixCache = true });
        var first = await gateway.PostJsonAsync(TypedEvents.Path, """{"input":"Tell me more.","max_output_tokens":100}""");
        var cut = first.GetProperty("output")[0].GetRawText();
        var second = await gateway.PostJsonAsync(TypedEvents.Path, $$"""{"input":[{"role":"user","content":"Tell me more."},{{cut}}],"max_output_tokens":4}""");
        second.GetProperty("usage").Number("input_tokens").ShouldBe(first.GetProperty("usage").Number("total_tokens"), "nothing may come between");
        second.OutputText().ShouldStartWith(" ");
    }
}
