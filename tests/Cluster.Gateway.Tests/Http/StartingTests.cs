using System.Net;
using System.Net.Http.Json;
using System.Text.Json;

namespace Cluster.Gateway.Tests.Http;

/// <summary>Between the moment when the gateway listens and the one when its cluster stands.</summary>
public sealed class StartingTests
{
    private static readonly object[] s_messages = [new { role = "user", content = "x" }];

    [Theory]
    [InlineData("GET", "/health")]
    [InlineData("POST", "/ping")]
    [InlineData("GET", "/v1/models")]
    [InlineData("GET", "/v1/models/echo")]
    [InlineData("POST", "/v1/completions")]
    [InlineData("POST", "/v1/chat/completions")]
    [InlineData("POST", "/v1/responses")]
    public async Task A_gateway_whose_cluster_is_starting_says_when_to_try_again(string method, string path)
    {
        await using var gateway = await StartingGateway.StartAsync();

        using (var answer = await AskAsync(gateway, method, path))
        {
            answer.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
            answer.Headers.RetryAfter!.Delta.ShouldBe(TimeSpan.FromSeconds(1));
            var error = (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("error");
            error.GetProperty("type").GetString().ShouldBe("ServiceUnavailableError");
            error.GetProperty("message").GetString().ShouldBe("The cluster is still starting; try again once /health answers 200.");
        }

        gateway.Submitted.ShouldBe(0, "nothing may be taken in that nobody could serve");
        gateway.Stand();
        using var later = await AskAsync(gateway, method, path);
        later.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task What_needs_no_cluster_answers_while_it_starts()
    {
        await using var gateway = await StartingGateway.StartAsync();
        foreach (var path in new[] { "/version", "/load" })
        {
            using var answer = await AskAsync(gateway, "GET", path);
            answer.StatusCode.ShouldBe(HttpStatusCode.OK, path);
        }
    }

    private static async Task<HttpResponseMessage> AskAsync(StartingGateway gateway, string method, string path)
    {
        var address = new Uri(path, UriKind.Relative);
        if (method == "GET") return await gateway.Client.GetAsync(address);
        if (path == "/v1/responses") return await gateway.Client.PostAsJsonAsync(address, new { input = "x", max_output_tokens = 2 });
        return await gateway.Client.PostAsJsonAsync(address, new { prompt = "x", messages = path.Contains("chat", StringComparison.Ordinal) ? s_messages : null, max_tokens = 2 });
    }
}
