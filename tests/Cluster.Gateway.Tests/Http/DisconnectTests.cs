using System.Net.Sockets;
using System.Text;
using Cluster.Gateway.Backend;

namespace Cluster.Gateway.Tests.Http;

public sealed class DisconnectTests
{
    private static readonly EchoOptions Slow = new() { TimePerOutputToken = TimeSpan.FromMilliseconds(5) };

    [Theory]
    [InlineData(true, "/v1/completions", "\"prompt\":\"a\",\"max_tokens\":100000")]
    [InlineData(false, "/v1/completions", "\"prompt\":\"a\",\"max_tokens\":100000")]
    [InlineData(true, "/v1/responses", "\"input\":\"a\",\"max_output_tokens\":100000")]
    [InlineData(false, "/v1/responses", "\"input\":\"a\",\"max_output_tokens\":100000")]
    public async Task A_client_that_goes_away_frees_its_slot(bool stream, string path, string body)
    {
        await using var gateway = await TestGateway.StartAsync(Slow);
        using var cancellation = new CancellationTokenSource();
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(path, UriKind.Relative))
        {
            Content = new StringContent($"{{{body},\"stream\":{(stream ? "true" : "false")}}}", Encoding.UTF8, "application/json"),
        };
        var sending = gateway.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation.Token);
        if (stream) (await sending).Dispose();
        await Until(() => gateway.Backend.LoadSnapshot().Running == 1 || stream);
        await cancellation.CancelAsync();
        await Until(() => gateway.Backend.LoadSnapshot().Running == 0);
        gateway.Backend.Aborted.ShouldBe(1);
    }

    [Fact]
    public async Task Half_a_request_then_a_close_leaves_nothing_behind()
    {
        await using var gateway = await TestGateway.StartAsync(Slow);
        for (var i = 0; i < 20; i++)
        {
            using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
            await socket.ConnectAsync("127.0.0.1", gateway.Address.Port);
            await socket.SendAsync("POST /v1/completions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{\"prompt\":"u8.ToArray());
            if (i % 2 == 0) socket.Shutdown(SocketShutdown.Send);
        }

        await Until(() => Load(gateway) == 0);
        gateway.Backend.LoadSnapshot().Running.ShouldBe(0);
    }

    [Theory]
    [InlineData("GET /health HTTP/1.1\r\nHost: x\r\nX-Slow: ")]
    [InlineData("POST /v1/completions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{\"pro")]
    public async Task A_request_that_never_ends_is_cut_off(string begun)
    {
        await using var gateway = await TestGateway.StartAsync(options: new GatewayOptions { RequestHeadersTimeout = TimeSpan.FromSeconds(2) });
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync("127.0.0.1", gateway.Address.Port);
        await socket.SendAsync(Encoding.ASCII.GetBytes(begun));
        var answer = new byte[512];
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        var received = await socket.ReceiveAsync(answer, deadline.Token);
        Encoding.ASCII.GetString(answer, 0, received).ShouldStartWith("HTTP/1.1 408");
        while (received > 0) received = await socket.ReceiveAsync(answer, deadline.Token);
        Load(gateway).ShouldBe(0);
    }

    [Fact]
    public async Task A_drain_refuses_new_requests_and_lets_running_ones_finish()
    {
        await using var gateway = await TestGateway.StartAsync(Slow);
        var running = gateway.PostJsonAsync("/v1/completions", """{"prompt":"a","max_tokens":200}""");
        await Until(() => gateway.Backend.LoadSnapshot().Running == 1);
        var stopping = gateway.App.StopAsync();
        (await gateway.PostErrorAsync("/v1/completions", """{"prompt":"a"}""")).Status.ShouldBe(503);
        using var health = await gateway.Client.GetAsync(new Uri("/health", UriKind.Relative));
        ((int)health.StatusCode).ShouldBe(503);
        (await running).GetProperty("usage").GetProperty("completion_tokens").GetInt32().ShouldBe(200);
        await stopping;
    }

    [Fact]
    public async Task A_drain_that_takes_too_long_ends_what_is_left()
    {
        await using var gateway = await TestGateway.StartAsync(Slow, new GatewayOptions { DrainTimeout = TimeSpan.Zero });
        var running = gateway.PostErrorAsync("/v1/completions", """{"prompt":"a","max_tokens":100000}""");
        await Until(() => gateway.Backend.LoadSnapshot().Running == 1);
        await gateway.App.StopAsync();
        (await running).Status.ShouldBe(503);
        gateway.Backend.Aborted.ShouldBe(1);
    }

    private static int Load(TestGateway gateway) =>
        ((Cluster.Gateway.Hosting.Admission)gateway.App.Services.GetService(typeof(Cluster.Gateway.Hosting.Admission))!).Open;

    /// <summary>Waits for a state that must come; bounded, and never a fixed pause.</summary>
    private static async Task Until(Func<bool> holds)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (!holds()) await Task.Delay(1, deadline.Token);
    }
}
