using System.Text;
using System.Text.Json;
using Cluster.Gateway.Requests;
using Cluster.Gateway.Structured;

namespace Cluster.Gateway.Tests.Structured;

/// <summary>Forms demanded over HTTP.</summary>
public sealed class FormTests
{
    private const string Chat = "/v1/chat/completions";
    private const string Completions = "/v1/completions";
    private const string Person = """{"type":"object","properties":{"name":{"type":"string","minLength":3},"tags":{"type":"array","items":{"enum":["süß","b"]},"minItems":2}},"required":["name","tags"],"additionalProperties":false}""";

    [Theory]
    [InlineData($$$""","response_format":{"type":"json_schema","json_schema":{"name":"person","strict":true,"schema":{{{Person}}}}}""")]
    [InlineData($$""","guided_json":{{Person}}""")]
    [InlineData($$$""","structured_outputs":{"json":{{{Person}}}}""")]
    public async Task A_schema_is_kept_streamed_or_whole_and_usage_counts_its_tokens(string form)
    {
        await using var gateway = await TestGateway.StartAsync();
        foreach (var (path, prompt) in ((string, string)[])[(Chat, "\"messages\":[{\"role\":\"user\",\"content\":\"Who?\"}]"), (Completions, "\"prompt\":\"Who?\"")])
        {
            var body = $"{{{prompt},\"temperature\":0,\"max_tokens\":500{form}";
            var answer = await gateway.PostJsonAsync(path, body + "}");
            var choice = answer.GetProperty("choices")[0];
            var text = TextOf(choice);
            var person = JsonDocument.Parse(text).RootElement;
            person.GetProperty("name").GetString()!.Length.ShouldBeGreaterThanOrEqualTo(3);
            person.GetProperty("tags").GetArrayLength().ShouldBeGreaterThanOrEqualTo(2);
            choice.GetProperty("finish_reason").GetString().ShouldBe("stop");
            var tokens = answer.GetProperty("usage").GetProperty("completion_tokens").GetInt32();
            (await gateway.PostJsonAsync("/tokenize", $$"""{"prompt":{{JsonSerializer.Serialize(text)}}}""")).GetProperty("count").GetInt32().ShouldBe(tokens);

            var events = (await gateway.StreamAsync(path, body + ",\"stream\":true}"))[..^1].ConvertAll(e => JsonDocument.Parse(e).RootElement.GetProperty("choices")[0]);
            string.Concat(events.Select(TextOf)).ShouldBe(text);
            events.Count.ShouldBe(tokens + (path == Chat ? 1 : 0));
        }
    }

    [Fact]
    public async Task Any_object_a_choice_and_a_pattern_are_kept()
    {
        await using var gateway = await TestGateway.StartAsync();
        JsonDocument.Parse(await TextAsync("\"response_format\":{\"type\":\"json_object\"}")).RootElement.ValueKind.ShouldBe(JsonValueKind.Object);
        (await TextAsync("\"guided_choice\":[\"yes\",\"no\"]")).ShouldBeOneOf("yes", "no");
        (await TextAsync("\"structured_outputs\":{\"regex\":\"^[ab]{7}!$\"}")).ShouldMatch("^[ab]{7}!$");
        (await TextAsync("\"response_format\":{\"type\":\"text\"},\"max_tokens\":9")).ShouldNotStartWith("{");

        async Task<string> TextAsync(string form) => TextOf((await gateway.PostJsonAsync(Chat, $$"""{"messages":[{"role":"user","content":"Say."}],{{form}}}""")).GetProperty("choices")[0]);
    }

    [Theory]
    [InlineData("\"max_tokens\":5", 5, "length")]
    [InlineData("\"max_tokens\":40,\"ignore_eos\":true", 40, "length")]
    [InlineData("\"max_tokens\":40,\"min_tokens\":30", 30, "stop")]
    public async Task A_limit_cuts_it_and_what_must_go_on_adds_nothing_to_see(string limits, int tokens, string finish)
    {
        await using var gateway = await TestGateway.StartAsync();
        var body = $$$"""{"messages":[{"role":"user","content":"Say."}],"temperature":0,"guided_json":{"const":{"a":[1,2,3]}},{{{limits}}}""";
        var answer = await gateway.PostJsonAsync(Chat, body + "}");
        answer.GetProperty("usage").GetProperty("completion_tokens").GetInt32().ShouldBe(tokens);
        answer.GetProperty("choices")[0].GetProperty("finish_reason").GetString().ShouldBe(finish);
        var text = TextOf(answer.GetProperty("choices")[0]);
        if (tokens == 5) "{\"a\":[1,2,3]}".ShouldStartWith(text);
        else text.ShouldBe("{\"a\":[1,2,3]}");
        var events = (await gateway.StreamAsync(Chat, body + ",\"stream\":true}"))[..^1];
        events.Count.ShouldBe(tokens + 1);
    }

    [Theory]
    [InlineData("\"response_format\":{\"type\":\"json_schema\"}", "'json_schema' field must be provided")]
    [InlineData("\"response_format\":{\"type\":\"xml\"}", "response_format.type")]
    [InlineData("\"response_format\":7", "valid dictionary")]
    [InlineData("\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"schema\":{}}}", "name: Field required")]
    [InlineData("\"guided_json\":\"{\"", "Invalid JSON grammar specification")]
    [InlineData("\"guided_json\":{\"type\":\"integer\",\"minimum\":2,\"maximum\":1}", "Failed to transform json schema into a grammar: no number lies between 2 and 1")]
    [InlineData("\"guided_json\":{\"properties\":{\"\\ud800\":{}}}", "Unicode")]
    [InlineData("\"guided_regex\":\"(\"", "not closed")]
    [InlineData("\"guided_choice\":[]", "cannot be an empty list")]
    [InlineData("\"guided_grammar\":\"root ::= x\"", "not emulated")]
    [InlineData("\"structured_outputs\":{}", "none are specified")]
    [InlineData("\"structured_outputs\":{\"json\":{},\"regex\":\"a\"}", "only use one kind")]
    [InlineData("\"guided_choice\":[\"a\"],\"response_format\":{\"type\":\"json_object\"}", "only use one kind")]
    [InlineData("\"n\":100,\"guided_json\":{\"type\":\"string\",\"minLength\":60000}", "together")]
    public async Task A_form_that_cannot_be_kept_is_refused(string form, string reason)
    {
        await using var gateway = await TestGateway.StartAsync();
        var (status, error) = await gateway.PostErrorAsync(Chat, $$"""{"messages":[{"role":"user","content":"Say."}],{{form}}}""");
        status.ShouldBe(400);
        error.GetProperty("type").GetString().ShouldBe("BadRequestError");
        error.GetProperty("message").GetString()!.ShouldContain(reason);
    }

    [Fact]
    public void A_fault_of_ours_is_not_blamed_on_the_request()
    {
        Should.Throw<ArgumentException>(() => AnswerForms.Compose(new Faulty(new ArgumentException("an index of ours")), new FormFields(), 1)).Message.ShouldBe("an index of ours");
        Should.Throw<ApiException>(() => AnswerForms.Compose(new Faulty(new EncoderFallbackException()), new FormFields(), 1)).Message.ShouldContain("Unicode");
    }

    private sealed record Faulty(Exception Failure) : AnswerForm
    {
        public override FormedText Compose(ulong seed) => throw Failure;
    }

    private static string TextOf(JsonElement choice)
    {
        if (choice.TryGetProperty("text", out var text)) return text.GetString()!;
        var message = choice.TryGetProperty("message", out var whole) ? whole : choice.GetProperty("delta");
        return message.TryGetProperty("content", out var content) ? content.GetString() ?? "" : "";
    }
}
