using System.Net.Sockets;

namespace Cluster.Cli.Commands.Wire;

/// <summary>What streams cost that are open and say nothing: so many at a time, server and client in processes of their own.</summary>
internal static class BenchOpenStreams
{
    private static readonly byte[] s_request = System.Text.Encoding.ASCII.GetBytes(
        "POST /v1/completions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 46\r\n\r\n{\"prompt\":\"a\",\"max_tokens\":1000,\"stream\":true}");

    public static async Task<IReadOnlyList<WireFigure>> RunAsync(int streams, CancellationToken cancellation)
    {
        await using var server = await WireServerProcess.StartAsync(TimeSpan.FromHours(1), TimeSpan.FromMilliseconds(1), limit: null, cancellation);
        var sockets = new List<Socket>(streams);
        var buffer = new byte[4096];
        try
        {
            var (before, clientBefore) = (0L, 0L);
            for (var i = 0; i < streams; i++)
            {
                // The first tenth warms pools and code.
                if (i == streams / 10) (before, clientBefore) = ((await server.CountAsync(cancellation)).ResidentBytes, WireServer.Collected().Resident);
                var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
                sockets.Add(socket);
                await socket.ConnectAsync(server.Address.Host, server.Address.Port, cancellation);
                await socket.SendAsync(s_request, cancellation);
                // A stream is open when it has its first token.
                await socket.ReceiveAsync(buffer, cancellation);
            }

            var after = await server.CountAsync(cancellation);
            var counted = streams - streams / 10;
            var note = $"{after.OpenFiles} file descriptors at the server, of {OpenFiles.Limit()?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "?"} allowed";
            return
            [
                new WireFigure("open_streams", after.Running, "streams with a token and no end", streams, note),
                new WireFigure("idle_stream_server_memory", (after.ResidentBytes - before) / (double)counted / 1024, "KiB per stream", 40, "the aim"),
                new WireFigure("idle_stream_both_ends_memory", (after.ResidentBytes - before + WireServer.Collected().Resident - clientBefore) / (double)counted / 1024, "KiB per stream", null, ""),
            ];
        }
        finally
        {
            foreach (var socket in sockets) socket.Dispose();
        }
    }
}
