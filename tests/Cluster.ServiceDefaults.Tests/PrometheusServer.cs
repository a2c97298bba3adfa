using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json.Nodes;

namespace Cluster.ServiceDefaults.Tests;

/// <summary>A real Prometheus on loopback that scrapes its targets twice a second.</summary>
internal sealed class PrometheusServer : IAsyncDisposable
{
    private readonly Process _process;
    private readonly string _folder;
    private readonly HttpClient _client;

    private PrometheusServer(Process process, string folder, int port)
    {
        (_process, _folder) = (process, folder);
        _client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}") };
    }

    public static PrometheusServer Start(string program, params Uri[] targets)
    {
        var folder = Directory.CreateTempSubdirectory("xpyd-prometheus-").FullName;
        File.Copy(Path.Combine(GeneratedFile.Root, "dashboards/prometheus/alerts.yml"), Path.Combine(folder, "alerts.yml"));
        File.WriteAllText(Path.Combine(folder, "prometheus.yml"), $$"""
            global: { scrape_interval: 500ms, scrape_timeout: 500ms, evaluation_interval: 1s }
            rule_files: [alerts.yml]
            scrape_configs: [{ job_name: xpyd, static_configs: [{ targets: [{{string.Join(", ", targets.Select(t => $"\"{t.Authority}\""))}}] }] }]
            """);
        var port = FreePort();
        var start = new ProcessStartInfo(program) { RedirectStandardError = true, RedirectStandardOutput = true };
        foreach (var argument in new[] { $"--config.file={folder}/prometheus.yml", $"--storage.tsdb.path={folder}/data", $"--web.listen-address=127.0.0.1:{port}", "--log.level=error" })
            start.ArgumentList.Add(argument);
        var process = Process.Start(start)!;
        process.BeginErrorReadLine();
        process.BeginOutputReadLine();
        return new PrometheusServer(process, folder, port);
    }

    /// <summary>Completes when it answers queries.</summary>
    public async Task ReadyAsync(CancellationToken cancellation)
    {
        while (true)
        {
            try
            {
                using var response = await _client.GetAsync(new Uri("/-/ready", UriKind.Relative), cancellation);
                if (response.IsSuccessStatusCode) return;
            }
            catch (HttpRequestException)
            {
                // It does not listen yet.
                await Task.Yield();
            }
        }
    }

    /// <summary>Series that a query gives now.</summary>
    public async Task<JsonArray> QueryAsync(string expression)
    {
        using var response = await _client.PostAsync(new Uri("/api/v1/query", UriKind.Relative), new FormUrlEncodedContent([new("query", expression)]));
        var answer = await response.Content.ReadFromJsonAsync<JsonObject>();
        answer!["status"]!.GetValue<string>().ShouldBe("success", $"{expression}: {answer["error"]}");
        return answer["data"]!["result"]!.AsArray();
    }

    public async Task<JsonNode> GetAsync(string path) => (await _client.GetFromJsonAsync<JsonNode>(new Uri(path, UriKind.Relative)))!["data"]!;

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private static int FreePort()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }
}
