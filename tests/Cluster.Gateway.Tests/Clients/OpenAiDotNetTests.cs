using System.ClientModel;
using OpenAI;
using OpenAI.Chat;

namespace Cluster.Gateway.Tests.Clients;

/// <summary>The official .NET SDK, unmodified.</summary>
public sealed class OpenAiDotNetTests
{
    [Fact]
    public async Task It_completes_a_chat()
    {
        await using var gateway = await TestGateway.StartAsync();
        ChatCompletion answer = await Chat(gateway).CompleteChatAsync([new SystemChatMessage("Be brief."), new UserChatMessage("Hi")], Limit(12));
        answer.Content[0].Text.ShouldNotBeEmpty();
        answer.Usage.OutputTokenCount.ShouldBe(12);
        answer.FinishReason.ShouldBe(ChatFinishReason.Length);
    }

    [Fact]
    public async Task It_streams_a_chat_and_gets_its_usage()
    {
        await using var gateway = await TestGateway.StartAsync();
        var (pieces, finish, usage) = (0, (ChatFinishReason?)null, (ChatTokenUsage?)null);
        await foreach (var update in Chat(gateway).CompleteChatStreamingAsync([new UserChatMessage("Hi")], Limit(12)))
        {
            pieces += update.ContentUpdate.Count(c => c.Text.Length > 0);
            finish = update.FinishReason ?? finish;
            usage = update.Usage ?? usage;
        }

        pieces.ShouldBe(12);
        finish.ShouldBe(ChatFinishReason.Length);
        usage!.OutputTokenCount.ShouldBe(12);
    }

    [Fact]
    public async Task It_reads_logprobs_and_stop()
    {
        await using var gateway = await TestGateway.StartAsync();
        var options = Limit(200);
        options.StopSequences.Add(".");
        options.IncludeLogProbabilities = true;
        options.TopLogProbabilityCount = 3;
        ChatCompletion answer = await Chat(gateway).CompleteChatAsync([new UserChatMessage("Hi")], options);
        answer.FinishReason.ShouldBe(ChatFinishReason.Stop);
        answer.Content[0].Text.ShouldNotContain(".");
        answer.ContentTokenLogProbabilities.Count.ShouldBe(answer.Usage.OutputTokenCount);
    }

    [Fact]
    public async Task It_lists_models_and_understands_errors()
    {
        await using var gateway = await TestGateway.StartAsync(options: new GatewayOptions { ApiKeys = ["right"] });
        var models = await Client(gateway, "right").GetOpenAIModelClient().GetModelsAsync();
        models.Value.Single().Id.ShouldBe("echo");
        var wrongKey = await Should.ThrowAsync<ClientResultException>(() => Client(gateway, "wrong").GetOpenAIModelClient().GetModelsAsync());
        wrongKey.Status.ShouldBe(401);
        var unknown = await Should.ThrowAsync<ClientResultException>(() => Client(gateway, "right").GetChatClient("nope").CompleteChatAsync("Hi"));
        unknown.Status.ShouldBe(404);
        unknown.Message.ShouldContain("does not exist");
    }

    [Fact]
    public async Task It_puts_streamed_calls_together_and_answers_them()
    {
        await using var gateway = await TestGateway.StartAsync();
        var options = Limit(300);
        options.Tools.Add(ChatTool.CreateFunctionTool("get_weather", null, BinaryData.FromString("""{"type":"object","properties":{"city":{"enum":["Ulm"]},"days":{"type":"array","items":{"type":"integer"},"minItems":2}},"required":["city","days"]}""")));
        options.ToolChoice = ChatToolChoice.CreateRequiredChoice();
        var (id, name, arguments, finish) = ("", "", "", (ChatFinishReason?)null);
        await foreach (var update in Chat(gateway).CompleteChatStreamingAsync([new UserChatMessage("Hi")], options))
        {
            foreach (var call in update.ToolCallUpdates)
            {
                call.Index.ShouldBe(0);
                (id, name, arguments) = (id + call.ToolCallId, name + call.FunctionName, arguments + call.FunctionArgumentsUpdate);
            }

            finish = update.FinishReason ?? finish;
        }

        finish.ShouldBe(ChatFinishReason.ToolCalls);
        name.ShouldBe("get_weather");
        arguments.ShouldStartWith("{\"city\": \"Ulm\", \"days\": [");
        var called = new AssistantChatMessage([ChatToolCall.CreateFunctionToolCall(id, name, BinaryData.FromString(arguments))]);
        ChatCompletion answer = await Chat(gateway).CompleteChatAsync([new UserChatMessage("Hi"), called, new ToolChatMessage(id, "rain")], Limit(9));
        answer.Content[0].Text.ShouldNotBeEmpty();
    }

    [Fact]
    public async Task It_gets_json_that_fits_its_schema()
    {
        await using var gateway = await TestGateway.StartAsync();
        var options = new ChatCompletionOptions
        {
            ResponseFormat = ChatResponseFormat.CreateJsonSchemaFormat("point", BinaryData.FromString("""{"type":"object","properties":{"x":{"type":"number"},"y":{"const":7}},"required":["x","y"],"additionalProperties":false}"""), jsonSchemaIsStrict: true),
        };
        ChatCompletion answer = await Chat(gateway).CompleteChatAsync([new UserChatMessage("Hi")], options);
        answer.FinishReason.ShouldBe(ChatFinishReason.Stop);
        System.Text.Json.JsonDocument.Parse(answer.Content[0].Text).RootElement.GetProperty("y").GetInt32().ShouldBe(7);
    }

    private static ChatCompletionOptions Limit(int tokens) => new() { MaxOutputTokenCount = tokens };

    private static ChatClient Chat(TestGateway gateway) => Client(gateway, "any").GetChatClient("echo");

    private static OpenAIClient Client(TestGateway gateway, string key) =>
        new(new ApiKeyCredential(key), new OpenAIClientOptions { Endpoint = new Uri(gateway.Address, "v1") });
}
