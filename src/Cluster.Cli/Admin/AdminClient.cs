using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Nodes;
using Cluster.Cli.Scenarios;

namespace Cluster.Cli.Admin;

/// <summary>Talks to the admin API of a running gateway.</summary>
internal sealed class AdminClient : IDisposable
{
    private readonly HttpClient _http;

    /// <param name="token">Null: none, which serves on loopback.</param>
    public AdminClient(Uri gateway, string? token)
    {
        _http = new HttpClient { BaseAddress = new Uri(gateway, "admin/"), Timeout = TimeSpan.FromSeconds(30) };
        if (token is not null) _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
    }

    /// <exception cref="UsageException">The gateway refused, or is not there; the message says why.</exception>
    public async Task<JsonNode> CallAsync(HttpMethod method, string path, JsonNode? body, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : JsonContent.Create(body) };
        try
        {
            using var response = await _http.SendAsync(request, cancellation);
            var answer = await ReadAsync(response, cancellation);
            if (response.IsSuccessStatusCode && answer is not null) return answer;
            var reason = answer?["error"]?["message"]?.GetValue<string>() ?? $"The gateway answered {(int)response.StatusCode}.";
            throw new UsageException(reason);
        }
        catch (HttpRequestException failure)
        {
            throw new UsageException($"No gateway answers at {_http.BaseAddress}: {failure.Message}. Start one with 'xpyd up SCENARIO', or name it with --url.");
        }
    }

    public void Dispose() => _http.Dispose();

    private static async Task<JsonNode?> ReadAsync(HttpResponseMessage response, CancellationToken cancellation)
    {
        try
        {
            return await response.Content.ReadFromJsonAsync<JsonNode>(cancellation);
        }
        catch (JsonException)
        {
            // Whoever answers there is no gateway of ours: the status is all there is to say.
            return null;
        }
    }
}
