using System.Buffers;
using System.Net;
using System.Net.Sockets;
using Cluster.Gateway;
using Cluster.Gateway.Backend;

namespace Cluster.Cli.Commands;

/// <summary>The servers that <see cref="BenchWire"/> measures: ours, and two references that do as little as can be done.</summary>
internal static class BenchWireServers
{
    /// <summary>The event every reference sends: as long as ours.</summary>
    private static readonly byte[] s_event =
        """data: {"id":"cmpl-0123456789abcdef00000001","object":"text_completion","created":1700000000,"model":"echo","choices":[{"index":0,"text":" token","logprobs":null,"finish_reason":null}]}"""u8
            .ToArray().Concat("\n\n"u8.ToArray()).ToArray();

    private static readonly byte[] s_end =
        """data: {"id":"cmpl-0123456789abcdef00000001","object":"text_completion","created":1700000000,"model":"echo","choices":[{"index":0,"text":"","logprobs":null,"finish_reason":"length"}]}"""u8
            .ToArray().Concat("\n\ndata: [DONE]\n\n"u8.ToArray()).ToArray();

    public static async Task<(WebApplication App, Uri Address)> GatewayAsync(EchoBackend backend)
    {
        var app = GatewayHost.Build(new GatewayOptions { Port = 0, DrainTimeout = TimeSpan.Zero }, backend);
        await app.StartAsync();
        return (app, new Uri(app.Urls.First()));
    }

    /// <summary>Kestrel alone: an event and a flush per token, no parsing, no text.</summary>
    /// <param name="gap">Between tokens; zero: none.</param>
    public static async Task<(WebApplication App, Uri Address)> BareKestrelAsync(int tokens, TimeSpan gap)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var app = builder.Build();
        app.Run(async http =>
        {
            http.Response.ContentType = "text/event-stream";
            var writer = http.Response.BodyWriter;
            using var timer = gap > TimeSpan.Zero ? new PeriodicTimer(gap) : null;
            for (var i = 0; i < tokens; i++)
            {
                if (timer is not null) await timer.WaitForNextTickAsync();
                writer.Write(s_event);
                await writer.FlushAsync();
            }

            writer.Write(s_end);
            await writer.FlushAsync();
        });
        await app.StartAsync();
        return (app, new Uri(app.Urls.First()));
    }

    /// <summary>A socket that answers any request with bytes made beforehand: what is left is the client's cost.</summary>
    public static (Socket Listener, Uri Address) Canned(int tokens)
    {
        var body = Enumerable.Repeat(s_event, tokens).SelectMany(e => e).Concat(s_end).ToArray();
        var answer = System.Text.Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: {body.Length}\r\n\r\n").Concat(body).ToArray();
        var listener = new Socket(SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(512);
        _ = AcceptAsync(listener, answer);
        return (listener, new Uri($"http://127.0.0.1:{((IPEndPoint)listener.LocalEndPoint!).Port}"));
    }

    private static async Task AcceptAsync(Socket listener, byte[] answer)
    {
        try
        {
            while (true) _ = AnswerAsync(await listener.AcceptAsync(), answer);
        }
        catch (Exception closed) when (closed is SocketException or ObjectDisposedException)
        {
            // The listener was closed: the measurement is over.
        }
    }

    private static async Task AnswerAsync(Socket socket, byte[] answer)
    {
        using var connection = socket;
        connection.NoDelay = true;
        var buffer = new byte[16 * 1024];
        try
        {
            // Requests are small and sent in one go: one receive is one request.
            while (await connection.ReceiveAsync(buffer) > 0) await connection.SendAsync(answer);
        }
        catch (SocketException)
        {
            // The client has closed.
        }
    }
}
