using System.Net.Http.Json;
using System.Text.Json;

namespace Cluster.Gateway.Tests.ResponsesApi;

/// <summary>What cannot be honoured is said, with what to do instead.</summary>
public sealed class RefusalTests
{
    private const string Function = """{"type":"function","name":"f"}""";

    [Theory]
    [InlineData("{}", "input", "input: Field required")]
    [InlineData("""{"input":[]}""", "input", "input must not be empty")]
    [InlineData("""{"input":7}""", "input", "valid string or list")]
    [InlineData("""{"input":[7]}""", "input.0", "input.0: Input should be a valid dictionary")]
    [InlineData("""{"input":[{"content":"Hi"}]}""", "input.0", "unless the item is a message with a `role`")]
    [InlineData("""{"input":[{"role":"user"}]}""", "input.0", "input.0.content: Field required")]
    [InlineData("""{"input":[{"role":"user","content":[{"type":"input_image","image_url":"x"}]}]}""", "input.0.content", "At most 0 image(s)")]
    [InlineData("""{"input":["Hi"]}""", "input.0", "valid dictionary")]
    [InlineData("""{"input":[{"type":"function_call","name":"f","arguments":"{}"}]}""", "input.0", "input.0.call_id: Field required")]
    [InlineData("""{"input":[{"type":"function_call","name":"f","call_id":"c","arguments":{}}]}""", "input.0.arguments", "valid string")]
    [InlineData("""{"input":[{"type":"function_call_output","call_id":"c"}]}""", "input.0", "input.0.output: Field required")]
    [InlineData("""{"input":[{"type":"item_reference","id":"msg_1"}]}""", "input.0", "send the item itself")]
    [InlineData("""{"input":[{"role":"user","content":"a"},{"type":"web_search_call","id":"ws_1"}]}""", "input.1", "'web_search_call' is not emulated")]
    [InlineData("""{"input":[{"type":"reasoning","summary":[],"encrypted_content":"x"}]}""", "input.0", "Encrypted content is not supported")]
    [InlineData("""{"input":"a","max_output_tokens":0}""", "max_output_tokens", "max_output_tokens must be at least 1, got 0.")]
    [InlineData("""{"input":"a","max_output_tokens":200000}""", "max_output_tokens", "'max_output_tokens' is too large: 200000")]
    [InlineData("""{"input":"a","temperature":-1}""", "temperature", "non-negative")]
    [InlineData("""{"input":"a","background":true}""", "background", "leave `background` out")]
    [InlineData("""{"input":"a","background":true,"store":false}""", "background", "background can only be used when `store` is true")]
    [InlineData("""{"input":"a","tools":[{"type":"web_search"}]}""", "tools.0", "tools.0.type: 'web_search' is not emulated")]
    [InlineData("""{"input":"a","tools":[{"type":"function"}]}""", "tools.0", "tools.0.name: Field required")]
    [InlineData("""{"input":"a","tools":[{"type":"function","name":"f","parameters":7}]}""", "tools", "tools.0.parameters: Input should be a valid dictionary")]
    [InlineData("""{"input":"a","tools":{}}""", "tools", "valid list")]
    [InlineData("""{"input":"a","tools":[{"type":"function","name":"\ud800"}]}""", "tools", "Unicode")]
    [InlineData($$$"""{"input":"a","tools":[{{{Function}}}],"tool_choice":"sometimes"}""", "tool_choice", "'none', 'auto' or 'required', got 'sometimes'")]
    [InlineData($$$"""{"input":"a","tools":[{{{Function}}}],"tool_choice":{"type":"function"}}""", "tool_choice", "tool_choice.name: Field required")]
    [InlineData($$$"""{"input":"a","tools":[{{{Function}}}],"tool_choice":{"type":"function","name":"g"}}""", "tools", "does not match any of the specified `tools`")]
    [InlineData($$$"""{"input":"a","tools":[{{{Function}}}],"tool_choice":{"type":"file_search"}}""", "tool_choice", "'file_search' is not emulated")]
    [InlineData($$$"""{"input":"a","tools":[{{{Function}}}],"tool_choice":{"type":"allowed_tools","mode":"auto","tools":[{"type":"function","name":"g"}]}}""", "tool_choice", "`g` is not among `tools`")]
    [InlineData($$$"""{"input":"a","tools":[{{{Function}}}],"tool_choice":{"type":"allowed_tools","mode":"auto","tools":[]}}""", "tool_choice", "must not be empty")]
    [InlineData("""{"input":"a","tool_choice":"required"}""", "tools", "`tools` must be set")]
    [InlineData("""{"input":"a","text":{"format":{"type":"xml"}}}""", "text.format.type", "'text', 'json_object' or 'json_schema', got 'xml'")]
    [InlineData("""{"input":"a","text":{"format":{"type":"json_schema","name":"x"}}}""", "text.format", "text.format.schema: Field required")]
    [InlineData("""{"input":"a","text":{"format":{"type":"json_schema","schema":{}}}}""", "text.format", "text.format.name: Field required")]
    [InlineData("""{"input":"a","text":{"format":{"type":"json_schema","name":"x","schema":{"type":"strnig"}}}}""", "text.format", "Failed to transform json schema into a grammar")]
    [InlineData("""{"input":"a","text":{"verbosity":"chatty"}}""", "text.verbosity", "'low', 'medium' or 'high', got 'chatty'")]
    [InlineData("""{"input":"a","include":["everything"]}""", "include", "got 'everything'")]
    [InlineData("""{"input":"a","metadata":{"a":1}}""", "metadata", "metadata.a: Input should be a valid string")]
    [InlineData("""{"input":"a","reasoning":{"effort":"heroic"}}""", "reasoning.effort", "got 'heroic'")]
    [InlineData("""{"input":"a","service_tier":"gold"}""", "service_tier", "got 'gold'")]
    [InlineData("""{"input":"a","truncation":"middle"}""", "truncation", "'auto' or 'disabled', got 'middle'")]
    [InlineData("""{"input":"a","prompt":{"id":"pmpt_1"}}""", "prompt", "prompt template is not supported")]
    [InlineData("""{"input":"a","conversation":"conv_1"}""", "conversation", "send the turns so far")]
    [InlineData("""{"input":"a","previous_input_messages":[]}""", "previous_input_messages", "not emulated")]
    [InlineData("""{"input":"a","enable_response_messages":true}""", "enable_response_messages", "not emulated")]
    [InlineData("""{"input":"a","messages":[]}""", "messages", "send the conversation as `input`")]
    [InlineData("""{"input":"a","max_tokens":3}""", "max_tokens", "is called `max_output_tokens`")]
    [InlineData("""{"input":"a","max_completion_tokens":3}""", "max_completion_tokens", "is called `max_output_tokens`")]
    [InlineData("""{"input":"a","response_format":{"type":"json_object"}}""", "response_format", "is called `text.format`")]
    [InlineData("""{"input":"a","logprobs":true}""", "logprobs", "message.output_text.logprobs")]
    [InlineData("""{"input":"a","n":2}""", "n", "one answer to a request")]
    public async Task What_cannot_be_honoured_is_refused_with_a_reason(string body, string parameter, string reason)
    {
        await using var gateway = await TestGateway.StartAsync();
        var (status, error) = await gateway.PostErrorAsync(TypedEvents.Path, body);
        status.ShouldBe(400, error.GetRawText());
        error.Text("message").ShouldContain(reason);
        error.Text("param").ShouldBe(parameter);
    }

    [Fact]
    public async Task What_changes_nothing_is_taken_and_null_is_nothing()
    {
        await using var gateway = await TestGateway.StartAsync();
        var answer = await gateway.PostJsonAsync(TypedEvents.Path, """
            {"input":"a","max_output_tokens":3,"n":1,"enable_response_messages":false,"store":true,"background":false,"previous_response_id":null,"instructions":null,"tools":[],
             "tool_choice":"auto","text":{"format":null},"include":[],"reasoning":{"effort":null,"summary":"auto"},"metadata":null,"prompt":null,"stream_options":{"include_obfuscation":false},
             "prompt_cache_key":"k","safety_identifier":"s","top_logprobs":3,"vllm_xargs":{"a":1}}
            """);
        answer.GetProperty("usage").Number("output_tokens").ShouldBe(3);
        answer.GetProperty("top_logprobs").ValueKind.ShouldBe(JsonValueKind.Null, "none are included");
    }

    [Fact]
    public async Task Responses_are_not_kept_and_whoever_asks_for_one_is_told()
    {
        await using var gateway = await TestGateway.StartAsync();
        var id = (await gateway.PostJsonAsync(TypedEvents.Path, """{"input":"a","max_output_tokens":1}""")).Text("id");
        using var got = await gateway.Client.GetAsync(new Uri($"/v1/responses/{id}", UriKind.Relative));
        using var cancelled = await gateway.PostAsync($"/v1/responses/{id}/cancel", "");
        using var continued = await gateway.PostAsync(TypedEvents.Path, $$"""{"input":"a","previous_response_id":"{{id}}"}""");
        foreach (var (answer, parameter) in ((HttpResponseMessage, string)[])[(got, "response_id"), (cancelled, "response_id"), (continued, "previous_response_id")])
        {
            ((int)answer.StatusCode).ShouldBe(404);
            var error = (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("error");
            error.Text("message").ShouldStartWith($"Response with id '{id}' not found. This server keeps no responses");
            error.Text("message").ShouldContain("send the turns so far as items of `input`");
            (error.Text("param"), error.Text("type")).ShouldBe((parameter, "invalid_request_error"));
        }
    }

    [Fact]
    public async Task Overload_is_429_before_any_event()
    {
        await using var gateway = await TestGateway.StartAsync(new Cluster.Gateway.Backend.EchoOptions { MaxRunning = 0 });
        using var response = await gateway.PostAsync(TypedEvents.Path, """{"input":"a","stream":true}""");
        ((int)response.StatusCode).ShouldBe(429);
        response.Headers.RetryAfter.ShouldNotBeNull();
    }
}
