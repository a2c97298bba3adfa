using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Cluster.Gateway.Admin;
using Cluster.Gateway.Backend;
using Microsoft.AspNetCore.Builder;

namespace Cluster.Gateway.Tests;

/// <summary>A gateway on a free port of loopback, with a real socket and a client.</summary>
internal sealed class TestGateway : IAsyncDisposable
{
    private readonly WebApplication _app;

    private TestGateway(WebApplication app, EchoBackend backend)
    {
        _app = app;
        Backend = backend;
        Address = new Uri(app.Urls.First());
        Client = new HttpClient { BaseAddress = Address };
    }

    public EchoBackend Backend { get; }

    public Uri Address { get; }

    public HttpClient Client { get; }

    public WebApplication App => _app;

    public static async Task<TestGateway> StartAsync(
        EchoOptions? echo = null, GatewayOptions? options = null, IClusterAdmin? admin = null, Action<WebApplicationBuilder>? configure = null,
        params ServedModel[] models)
    {
        var backend = new EchoBackend(echo, models);
        var app = GatewayHost.Build((options ?? new GatewayOptions()) with { Port = 0 }, backend, admin, configure);
        await app.StartAsync();
        return new TestGateway(app, backend);
    }

    public Task<HttpResponseMessage> PostAsync(string path, string json) =>
        Client.PostAsync(new Uri(path, UriKind.Relative), new StringContent(json, Encoding.UTF8, "application/json"));

    /// <summary>Posts and expects 200.</summary>
    public async Task<JsonElement> PostJsonAsync(string path, string json)
    {
        using var response = await PostAsync(path, json);
        var text = await response.Content.ReadAsStringAsync();
        response.IsSuccessStatusCode.ShouldBeTrue(text);
        return JsonDocument.Parse(text).RootElement.Clone();
    }

    /// <summary>Posts and expects an error body.</summary>
    public async Task<(int Status, JsonElement Error)> PostErrorAsync(string path, string json)
    {
        using var response = await PostAsync(path, json);
        var body = await response.Content.ReadFromJsonAsync<JsonElement>();
        return ((int)response.StatusCode, body.GetProperty("error"));
    }

    /// <summary>Payloads of a streamed answer, <c>[DONE]</c> included.</summary>
    public async Task<List<string>> StreamAsync(string path, string json)
    {
        using var response = await PostAsync(path, json);
        response.Content.Headers.ContentType!.MediaType.ShouldBe("text/event-stream");
        var text = await response.Content.ReadAsStringAsync();
        text.ShouldEndWith("\n\n");
        return [.. text.Split("\n\n", StringSplitOptions.RemoveEmptyEntries).Select(e => e.ShouldStartWithData())];
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _app.StopAsync();
        await _app.DisposeAsync();
        Backend.Dispose();
    }
}

internal static class SseAssertions
{
    public static string ShouldStartWithData(this string text)
    {
        text.ShouldStartWith("data: ");
        return text[6..];
    }
}
