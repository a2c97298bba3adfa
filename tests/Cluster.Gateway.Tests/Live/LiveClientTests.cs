using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text;
using Cluster.Engine.Topology;
using Cluster.Gateway.Live;
using Cluster.Testing;

namespace Cluster.Gateway.Tests.Live;

/// <summary>Clients that leave, dawdle or come while the cluster goes, in front of real grains.</summary>
[Collection(nameof(TestsThatRunAlone))]
public sealed class LiveClientTests
{
    private static readonly LiveOptions s_options = new() { Compute = ComputeMode.Modeled };

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Slot_and_blocks_are_free_one_step_after_the_client_has_gone(bool halfCloses)
    {
        // A step of 5 ms takes half a second: what is counted is steps, however slow this host.
        await using var cluster = await LiveCluster.StartAsync(Clusters.Aggregated(1), s_options with { TimeScale = 0.01 });
        using var client = await OpenAsync(cluster, tokens: 3000);
        await client.ReadAsync();
        var before = (await cluster.GetSnapshotAsync()).Instances[0].Steps;

        if (halfCloses) client.HalfClose();
        else client.Dispose();

        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        var now = (await cluster.GetSnapshotAsync()).Instances[0];
        for (; now.Running > 0 || now.HeldBlocks > 0; now = (await cluster.GetSnapshotAsync()).Instances[0]) limit.Token.ThrowIfCancellationRequested();
        // The step in progress when it left, and one that may have ended between the look and the leaving.
        now.Steps.ShouldBeLessThanOrEqualTo(before + 2);
    }

    [Fact]
    public async Task A_client_that_does_not_read_holds_up_neither_its_engine_nor_anybody_else()
    {
        const int Tokens = 3500;
        await using var cluster = await LiveCluster.StartAsync(Clusters.Disaggregated(1, 1), s_options with { TimeScale = 50 });
        using var http = new HttpClient { BaseAddress = cluster.Endpoint };
        using var slow = await OpenAsync(cluster, Tokens, receiveBuffer: 2048);
        (await http.CompleteAsync(200)).ShouldBe(200);

        // The engine is done with it though nobody has read a thing; the gateway keeps the rest for its reader.
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while ((await cluster.GetSnapshotAsync()).Instances.Any(i => i.Running > 0 || i.HeldBlocks > 0)) limit.Token.ThrowIfCancellationRequested();
        (await http.CompleteAsync(50)).ShouldBe(50);

        var answer = await slow.ReadToEndAsync();
        answer.ShouldContain("data: [DONE]");
        answer.ShouldContain($"\"completion_tokens\":{Tokens}");
        (answer.Split("\ndata: ").Length - 1).ShouldBeGreaterThan(Tokens);
    }

    [Fact]
    public async Task A_cluster_that_stops_lets_running_requests_finish_and_refuses_others()
    {
        var cluster = await LiveCluster.StartAsync(Clusters.Disaggregated(1, 1), s_options with { TimeScale = 0.2 });
        using var http = new HttpClient { BaseAddress = cluster.Endpoint };
        using var running = await OpenAsync(cluster, tokens: 30);
        await running.ReadAsync();

        var ending = cluster.DisposeAsync();

        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        var health = 200;
        while (health == 200)
        {
            using var answer = await http.GetAsync(new Uri("health", UriKind.Relative), limit.Token);
            health = (int)answer.StatusCode;
        }

        health.ShouldBe(503);
        using var late = await http.PostAsJsonAsync("v1/completions", new { prompt = "x", max_tokens = 3 }, limit.Token);
        ((int)late.StatusCode).ShouldBe(503);
        late.Headers.RetryAfter.ShouldNotBeNull();
        (await running.ReadToEndAsync()).ShouldContain("\"completion_tokens\":30");
        await ending;
    }

    private static async Task<RawClient> OpenAsync(LiveCluster cluster, int tokens, int receiveBuffer = 64 * 1024)
    {
        var body = $$$"""{"prompt":"tell me","max_tokens":{{{tokens}}},"ignore_eos":true,"stream":true,"stream_options":{"include_usage":true}}""";
        var client = new RawClient(receiveBuffer);
        await client.SendAsync(cluster.Endpoint, $"POST /v1/completions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {body.Length}\r\nConnection: close\r\n\r\n{body}");
        return client;
    }

    /// <summary>A socket that reads when the test says so, and not before.</summary>
    private sealed class RawClient : IDisposable
    {
        private readonly Socket _socket = new(SocketType.Stream, ProtocolType.Tcp);
        private readonly StringBuilder _read = new();
        private readonly byte[] _buffer = new byte[64 * 1024];

        public RawClient(int receiveBuffer) => _socket.ReceiveBufferSize = receiveBuffer;

        public async Task SendAsync(Uri endpoint, string request)
        {
            await _socket.ConnectAsync(endpoint.Host, endpoint.Port);
            await _socket.SendAsync(Encoding.ASCII.GetBytes(request));
        }

        public async Task<int> ReadAsync()
        {
            var received = await _socket.ReceiveAsync(_buffer);
            _read.Append(Encoding.UTF8.GetString(_buffer, 0, received));
            return received;
        }

        public async Task<string> ReadToEndAsync()
        {
            while (await ReadAsync() > 0)
            {
            }

            return _read.ToString();
        }

        public void HalfClose() => _socket.Shutdown(SocketShutdown.Send);

        public void Dispose() => _socket.Dispose();
    }
}
