using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using Cluster.Engine.Units;
using Cluster.Gateway.Hosting;
using Cluster.Load.Client;
using Microsoft.Extensions.DependencyInjection;

namespace Cluster.Gateway.Tests.Fuzz;

public sealed class FuzzTests
{
    /// <summary>Set XPYD_FUZZ_BODIES=100000 for the long run.</summary>
    private static int Bodies => int.TryParse(Environment.GetEnvironmentVariable("XPYD_FUZZ_BODIES"), CultureInfo.InvariantCulture, out var n) ? n : 600;

    [Fact]
    public async Task No_body_makes_the_gateway_fail_hang_or_leak()
    {
        await using var gateway = await TestGateway.StartAsync();
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(60 + Bodies / 100));
        var fuzzer = new BodyFuzzer(20_260_101);
        var gate = new Lock();
        var left = Bodies;
        var seen = new int[600];
        await Task.WhenAll(Enumerable.Range(0, 8).Select(async _ =>
        {
            while (Interlocked.Decrement(ref left) >= 0)
            {
                (string Path, byte[] Body) next;
                lock (gate) next = fuzzer.Next();
                using var content = new ByteArrayContent(next.Body);
                content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
                using var response = await gateway.Client.PostAsync(new Uri(next.Path, UriKind.Relative), content, deadline.Token);
                var answer = await response.Content.ReadAsStringAsync(deadline.Token);
                ((int)response.StatusCode).ShouldBeLessThan(500, $"{Encoding.UTF8.GetString(next.Body)} got {answer}");
                if ((int)response.StatusCode >= 400) answer.ShouldContain("\"error\":{");
                Interlocked.Increment(ref seen[(int)response.StatusCode]);
            }
        }));
        // A client has its answer a moment before the gateway has let go of the request.
        while (gateway.App.Services.GetRequiredService<Admission>().Open > 0) await Task.Delay(1, deadline.Token);
        gateway.Backend.LoadSnapshot().Running.ShouldBe(0);
        seen[200].ShouldBeGreaterThan(Bodies / 20);
        seen[400].ShouldBeGreaterThan(Bodies / 20);
    }

    [Fact]
    public void An_answer_reads_the_same_however_it_is_cut()
    {
        const string Chunk = """data: {"choices":[{"index":0,"text":" a","logprobs":null,"finish_reason":null}]}""";
        const string Last = """data: {"choices":[{"index":0,"text":" b","finish_reason":"stop"}]}""";
        const string Usage = """data: {"choices":[],"usage":{"prompt_tokens":7,"completion_tokens":4,"prompt_tokens_details":{"cached_tokens":5}}}""";
        var body = $": hello\n\n{Chunk}\n\n{Chunk}\r\n\r\nevent: x\nid: 1\n{Chunk}\n\n{Last}\n\n{Usage}\n\ndata: [DONE]\n\n";
        var random = new RandomStream(3, "cuts");
        for (var round = 0; round < 300; round++)
        {
            var wire = Encoding.ASCII.GetBytes("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\nX-Request-Id: r\r\n\r\n" + Chunked(body, random));
            var inspector = new ChunkInspector();
            var parser = new HttpResponseParser(inspector);
            parser.Reset();
            for (var at = 0; at < wire.Length;)
            {
                var length = Math.Min(random.NextInt(1, 40), wire.Length - at);
                parser.Feed(wire.AsSpan(at, length));
                at += length;
            }

            parser.IsComplete.ShouldBeTrue();
            (inspector.TextChunks, inspector.IsDone, inspector.HasFinished, inspector.Error).ShouldBe((4, true, true, null));
            (inspector.PromptTokens, inspector.CompletionTokens, inspector.CachedTokens, parser.RequestId).ShouldBe((7, 4, 5, "r"));
        }
    }

    [Fact]
    public void Garbage_on_the_wire_is_refused_or_waited_out_but_never_believed()
    {
        var random = new RandomStream(5, "garbage");
        for (var round = 0; round < 2000; round++)
        {
            var wire = Encoding.ASCII.GetBytes("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n5\r\ndata:\r\n0\r\n\r\n");
            for (var i = random.NextInt(1, 6); i > 0; i--) wire[random.NextInt(wire.Length)] = (byte)random.NextInt(256);
            var inspector = new ChunkInspector();
            var parser = new HttpResponseParser(inspector);
            parser.Reset();
            try
            {
                parser.Feed(wire);
            }
            catch (InvalidDataException)
            {
                // Refused.
            }

            inspector.TextChunks.ShouldBe(0);
        }
    }

    private static string Chunked(string body, RandomStream random)
    {
        var wire = new StringBuilder();
        for (var at = 0; at < body.Length;)
        {
            var length = Math.Min(random.NextInt(1, 120), body.Length - at);
            wire.Append(CultureInfo.InvariantCulture, $"{length:x}\r\n{body.AsSpan(at, length)}\r\n");
            at += length;
        }

        return wire.Append("0\r\n\r\n").ToString();
    }
}
