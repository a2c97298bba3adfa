using System.Text.Json;
using Cluster.Gateway.Backend;

namespace Cluster.Gateway.Tests.ResponsesApi;

/// <summary>Calls of functions as items of a response.</summary>
public sealed class FunctionCallTests
{
    private const string Tools = """
        "tools":[
          {"type":"function","name":"get_weather","parameters":{"type":"object","properties":{"city":{"enum":["Ulm","Łódź"]},"days":{"type":"integer","minimum":1,"maximum":7}},"required":["city","days"]}},
          {"type":"function","name":"stock_price","parameters":{"type":"object","properties":{"symbol":{"type":"string","pattern":"^[A-Z]{4}$"}},"required":["symbol"]},"strict":null},
          {"type":"function","name":"now"}]
        """;

    [Theory]
    [InlineData("Rain?", "\"required\"", 1)]
    [InlineData("The weather and the stock's price?", "\"required\"", 2)]
    [InlineData("The weather and the stock's price?", "\"auto\"", 2)]
    [InlineData("The weather and the stock's price?", "\"auto\",\"parallel_tool_calls\":false", 1)]
    [InlineData("The weather and the stock's price?", """{"type":"allowed_tools","mode":"auto","tools":[{"type":"function","name":"stock_price"}]}""", 1)]
    [InlineData("Rain?", """{"type":"allowed_tools","mode":"required","tools":[{"type":"function","name":"now"}]}""", 1)]
    [InlineData("Rain?", """{"type":"function","name":"stock_price"}""", 1)]
    public async Task Calls_are_items_streamed_or_whole_and_satisfy_their_schemas(string question, string choice, int count)
    {
        await using var gateway = await TestGateway.StartAsync();
        var body = $$"""{"input":"{{question}}","temperature":0,{{Tools}},"tool_choice":{{choice}}""";
        var whole = await gateway.PostJsonAsync(TypedEvents.Path, body + "}");
        whole.Text("status").ShouldBe("completed");
        var calls = whole.GetProperty("output").EnumerateArray().ToList();
        calls.Count.ShouldBe(count);
        foreach (var call in calls) ShouldBeRight(call);
        if (choice.Contains("allowed_tools", StringComparison.Ordinal)) choice.ShouldContain(calls.Single().Text("name"));

        var events = await gateway.TypedEventsAsync(body + ",\"stream\":true}");
        var response = events[^1].GetProperty("response");
        response.GetProperty("usage").GetRawText().ShouldBe(whole.GetProperty("usage").GetRawText());
        events.Types().ShouldNotContain("response.output_text.delta");
        for (var i = 0; i < count; i++)
        {
            var own = events.Where(e => e.TryGetProperty("output_index", out var at) && at.GetInt32() == i).ToList();
            own.Types().Distinct().ShouldBe(["response.output_item.added", "response.function_call_arguments.delta", "response.function_call_arguments.done", "response.output_item.done"]);
            var (begun, done) = (own[0].GetProperty("item"), own[^1].GetProperty("item"));
            (begun.Text("arguments"), begun.Text("status"), begun.Text("name")).ShouldBe(("", "in_progress", calls[i].Text("name")));
            own[1..^1].ShouldAllBe(e => e.Text("item_id") == begun.Text("id"));
            string.Concat(own.Of("response.function_call_arguments.delta").Select(e => e.Text("delta"))).ShouldBe(calls[i].Text("arguments"));
            (own[^2].Text("arguments"), own[^2].Text("name")).ShouldBe((calls[i].Text("arguments"), calls[i].Text("name")));
            (done.Text("arguments"), done.Text("status"), done.Text("call_id")).ShouldBe((calls[i].Text("arguments"), "completed", begun.Text("call_id")));
            response.GetProperty("output")[i].GetRawText().ShouldBe(done.GetRawText());
        }
    }

    [Fact]
    public async Task A_function_s_result_is_answered_in_words_and_the_call_is_found_in_cache()
    {
        await using var gateway = await TestGateway.StartAsync(new EchoOptions { PrefixCache = true });
        var padding = string.Concat(Enumerable.Repeat("and so on ", 100));
        var asked = $$"""{"role":"user","content":"The weather and the stock's price? {{padding}}"}""";
        var first = await gateway.PostJsonAsync(TypedEvents.Path, $$"""{"input":[{{asked}}],{{Tools}}}""");
        var calls = first.GetProperty("output").EnumerateArray().ToList();
        var results = string.Join(',', calls.Select(c => $$"""{"type":"function_call_output","call_id":"{{c.Text("call_id")}}","output":"rain {{padding}}"}"""));
        var second = await gateway.PostJsonAsync(TypedEvents.Path, $$"""{"input":[{{asked}},{{string.Join(',', calls.Select(c => c.GetRawText()))}},{{results}}],{{Tools}},"max_output_tokens":8}""");
        second.OutputText().ShouldNotBeEmpty();
        second.GetProperty("usage").GetProperty("input_tokens_details").Number("cached_tokens").ShouldBe(first.GetProperty("usage").Number("total_tokens") / 16 * 16);
    }

    [Fact]
    public async Task A_limit_cuts_a_call_and_leaves_it_incomplete()
    {
        await using var gateway = await TestGateway.StartAsync();
        var body = $$$"""{"input":"Hi",{{{Tools}}},"tool_choice":{"type":"function","name":"get_weather"},"max_output_tokens":3""";
        var whole = await gateway.PostJsonAsync(TypedEvents.Path, body + "}");
        whole.Text("status").ShouldBe("incomplete");
        var call = whole.GetProperty("output")[0];
        (call.Text("arguments"), call.Text("status")).ShouldBe(("{\"city\":", "incomplete"));
        var events = await gateway.TypedEventsAsync(body + ",\"stream\":true}");
        events.Types()[^3..].ShouldBe(["response.function_call_arguments.done", "response.output_item.done", "response.incomplete"]);
        events[^3].Text("arguments").ShouldBe("{\"city\":");
        var early = await gateway.PostJsonAsync(TypedEvents.Path, $$"""{"input":"Hi",{{Tools}},"tool_choice":"required","max_output_tokens":1}""");
        early.GetProperty("output").GetArrayLength().ShouldBe(0, "no name has come yet");
    }

    private static void ShouldBeRight(JsonElement call)
    {
        call.Text("type").ShouldBe("function_call");
        call.Text("call_id").ShouldStartWith("call_");
        call.Text("id").ShouldStartWith("fc_");
        call.Text("status").ShouldBe("completed");
        var arguments = JsonDocument.Parse(call.Text("arguments")).RootElement;
        switch (call.Text("name"))
        {
            case "get_weather":
                arguments.Text("city").ShouldBeOneOf("Ulm", "Łódź");
                arguments.Number("days").ShouldBeInRange(1, 7);
                break;
            case "stock_price":
                arguments.Text("symbol").ShouldMatch("^[A-Z]{4}$");
                break;
            default:
                call.Text("arguments").ShouldBe("{}");
                break;
        }
    }
}
