using System.ClientModel;
using OpenAI.Responses;

namespace Cluster.Gateway.Tests.Clients;

/// <summary>The official .NET SDK's client of the Responses API, unmodified.</summary>
#pragma warning disable OPENAI001 // The SDK calls this client experimental.
public sealed class OpenAiDotNetResponsesTests
{
    [Fact]
    public async Task It_gets_a_response_with_its_usage_and_what_it_asked_for()
    {
        await using var gateway = await TestGateway.StartAsync();
        var options = Ask("Hi");
        options.Instructions = "Be brief.";
        options.MaxOutputTokenCount = 12;
        options.Metadata["ticket"] = "7";
        options.EndUserId = "me";
        ResponseResult answer = await Client(gateway).CreateResponseAsync(options);
        answer.GetOutputText().ShouldNotBeEmpty();
        answer.Status.ShouldBe(ResponseStatus.Incomplete);
        answer.IncompleteStatusDetails.Reason.ShouldBe(ResponseIncompleteStatusReason.MaxOutputTokens);
        answer.Usage.OutputTokenCount.ShouldBe(12);
        answer.Usage.TotalTokenCount.ShouldBe(answer.Usage.InputTokenCount + 12);
        (answer.Metadata["ticket"], answer.EndUserId, answer.MaxOutputTokenCount).ShouldBe(("7", "me", 12));
    }

    [Fact]
    public async Task It_streams_a_response_to_its_end()
    {
        await using var gateway = await TestGateway.StartAsync();
        var options = Ask("Hi");
        options.StreamingEnabled = true;
        options.MaxOutputTokenCount = 12;
        var (kinds, text, number) = (new List<string>(), "", 0);
        ResponseResult? last = null;
        await foreach (var update in await Client(gateway).CreateResponseStreamingAsync(options))
        {
            update.SequenceNumber.ShouldBe(number++);
            kinds.Add(update.GetType().Name);
            if (update is StreamingResponseOutputTextDeltaUpdate delta) text += delta.Delta;
            if (update is StreamingResponseIncompleteUpdate incomplete) last = incomplete.Response;
        }

        kinds.Count(k => k == nameof(StreamingResponseOutputTextDeltaUpdate)).ShouldBe(12);
        kinds[0].ShouldBe(nameof(StreamingResponseCreatedUpdate));
        last!.GetOutputText().ShouldBe(text);
        last.Usage.OutputTokenCount.ShouldBe(12);
    }

    [Fact]
    public async Task It_answers_a_streamed_call_and_gets_words()
    {
        await using var gateway = await TestGateway.StartAsync();
        var options = Ask("How is the weather?");
        options.Tools.Add(ResponseTool.CreateFunctionTool("get_weather", BinaryData.FromString("""{"type":"object","properties":{"city":{"enum":["Łódź"]}},"required":["city"]}"""), strictModeEnabled: true));
        options.StreamingEnabled = true;
        var arguments = "";
        FunctionCallResponseItem? call = null;
        await foreach (var update in await Client(gateway).CreateResponseStreamingAsync(options))
        {
            if (update is StreamingResponseFunctionCallArgumentsDeltaUpdate delta) arguments += delta.Delta.ToString();
            if (update is StreamingResponseCompletedUpdate completed) call = (FunctionCallResponseItem)completed.Response.OutputItems.Single();
        }

        call!.FunctionName.ShouldBe("get_weather");
        call.FunctionArguments.ToString().ShouldBe("""{"city": "Łódź"}""");
        arguments.ShouldBe(call.FunctionArguments.ToString());
        options.InputItems.Add(call);
        options.InputItems.Add(ResponseItem.CreateFunctionCallOutputItem(call.CallId, "rain"));
        options.StreamingEnabled = false;
        ResponseResult answer = await Client(gateway).CreateResponseAsync(options);
        answer.Status.ShouldBe(ResponseStatus.Completed);
        answer.GetOutputText().ShouldNotBeEmpty();
    }

    [Fact]
    public async Task It_gets_json_that_fits_its_schema_and_its_likelihood()
    {
        await using var gateway = await TestGateway.StartAsync();
        var options = Ask("Where?");
        options.TextOptions = new ResponseTextOptions
        {
            TextFormat = ResponseTextFormat.CreateJsonSchemaFormat("point", BinaryData.FromString("""{"type":"object","properties":{"x":{"type":"number"},"y":{"const":7}},"required":["x","y"],"additionalProperties":false}"""), jsonSchemaIsStrict: true),
        };
        options.IncludedProperties.Add(IncludedResponseProperty.MessageOutputTextLogProbabilities);
        options.TopLogProbabilityCount = 2;
        ResponseResult answer = await Client(gateway).CreateResponseAsync(options);
        answer.Status.ShouldBe(ResponseStatus.Completed);
        System.Text.Json.JsonDocument.Parse(answer.GetOutputText()).RootElement.GetProperty("y").GetInt32().ShouldBe(7);
        ((MessageResponseItem)answer.OutputItems[0]).Content[0].OutputTextTokenLogProbabilities.Count.ShouldBe(answer.Usage.OutputTokenCount);
    }

    [Fact]
    public async Task It_understands_that_no_response_is_kept()
    {
        await using var gateway = await TestGateway.StartAsync();
        var options = Ask("Hi");
        options.PreviousResponseId = "resp_1";
        (await Should.ThrowAsync<ClientResultException>(() => Client(gateway).CreateResponseAsync(options))).Status.ShouldBe(404);
        var unknown = await Should.ThrowAsync<ClientResultException>(() => Client(gateway).GetResponseAsync("resp_1"));
        (unknown.Status, unknown.Message).ShouldSatisfyAllConditions(u => u.Status.ShouldBe(404), u => u.Message.ShouldContain("keeps no responses"));
        (await Should.ThrowAsync<ClientResultException>(() => Client(gateway).CancelResponseAsync("resp_1"))).Status.ShouldBe(404);
    }

    private static CreateResponseOptions Ask(string question) => new("echo", [ResponseItem.CreateUserMessageItem(question)]);

    private static ResponsesClient Client(TestGateway gateway) =>
        new(new ApiKeyCredential("any"), new ResponsesClientOptions { Endpoint = new Uri(gateway.Address, "v1") });
}
