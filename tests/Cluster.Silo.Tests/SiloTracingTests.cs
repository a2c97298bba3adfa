using System.Collections.Concurrent;
using System.Net.Http.Json;
using System.Text;
using Cluster.Grains.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Cluster.Silo.Tests;

/// <summary>Traces of requests that several processes served, as a collector gets them.</summary>
public sealed class SiloTracingTests
{
    private const string TraceId = "4bf92f3577b34da6a3ce929d0e0e4738";

    [Fact]
    public async Task One_trace_has_spans_of_the_gateway_and_of_the_silos_that_served_the_request()
    {
        if (ClusterRuntime.OneProcessOnly is not null) Assert.Skip("Needs a build on Microsoft Orleans, whose packages did not restore here.");
        var received = new ConcurrentQueue<string>();
        await using var collector = await CollectorAsync(received);
        var environment = new Dictionary<string, string> { ["OTEL_EXPORTER_OTLP_ENDPOINT"] = collector.Urls.First(), ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf" };
        await using var up = RunningProgram.StartIn(environment, "xpyd.dll", "up", "scenarios/quickstart.yaml", "--port", "0", "--set", "time.compute=modeled", "--silos", "2");
        using var http = new HttpClient { BaseAddress = new Uri((await up.SaysAsync(@"is up on (\S+)")).Groups[1].Value) };
        http.DefaultRequestHeaders.Add("traceparent", $"00-{TraceId}-00f067aa0ba902b7-01");
        for (var i = 0; i < 8; i++)
        {
            using var answer = await http.PostAsJsonAsync("v1/completions", new { prompt = $"{i} {new string('x', 900)}", max_tokens = 5, ignore_eos = true });
            answer.EnsureSuccessStatusCode();
        }

        up.Terminate();
        (await up.EndsAsync()).ShouldBe(0, up.Said);
        // Trace ids are sixteen bytes on the wire; batches name the process that they are of.
        var id = Encoding.Latin1.GetString(Convert.FromHexString(TraceId));
        var batches = received.Where(batch => batch.Contains(id, StringComparison.Ordinal)).ToList();
        var (gateway, silos) = (batches.Where(b => !b.Contains("xpyd-silo", StringComparison.Ordinal)).ToList(), batches.Where(b => b.Contains("xpyd-silo", StringComparison.Ordinal)).ToList());
        gateway.ShouldContain(b => b.Contains("text_completion", StringComparison.Ordinal));
        silos.ShouldContain(b => b.Contains("xpyd.prefill", StringComparison.Ordinal));
        silos.ShouldContain(b => b.Contains("xpyd.decode", StringComparison.Ordinal));
        foreach (var silo in (string[])["silo-1", "silo-2"]) silos.ShouldContain(b => b.Contains(silo, StringComparison.Ordinal));
    }

    private static async Task<WebApplication> CollectorAsync(ConcurrentQueue<string> received)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseSetting("urls", "http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        var app = builder.Build();
        app.Run(async http =>
        {
            using var memory = new MemoryStream();
            await http.Request.Body.CopyToAsync(memory);
            if (http.Request.Path == "/v1/traces") received.Enqueue(Encoding.Latin1.GetString(memory.ToArray()));
            http.Response.StatusCode = StatusCodes.Status200OK;
        });
        await app.StartAsync();
        return app;
    }
}
