using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace Cluster.Cli.Commands.Wire;

/// <summary>A <see cref="WireServer"/> as its benchmark sees it. Ends with its disposal.</summary>
internal sealed class WireServerProcess : IAsyncDisposable
{
    private readonly Process _process;

    private WireServerProcess(Process process, Uri address) => (_process, Address) = (process, address);

    public Uri Address { get; }

    /// <param name="pace">Between tokens.</param>
    /// <param name="first">To the first token; zero: as between tokens.</param>
    /// <param name="limit">Streams admitted at a time; null: all.</param>
    public static async Task<WireServerProcess> StartAsync(TimeSpan pace, TimeSpan first, int? limit, CancellationToken cancellation)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardInput = true, RedirectStandardOutput = true };
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet") start.ArgumentList.Add(Environment.GetCommandLineArgs()[0]);
        foreach (var word in (string[])["bench", WireServer.Name, "--pace", Text(pace.TotalSeconds), "--first", Text(first.TotalSeconds)]) start.ArgumentList.Add(word);
        if (limit is { } most) foreach (var word in (string[])["--limit", Text(most)]) start.ArgumentList.Add(word);
        var process = Process.Start(start)!;
        return new WireServerProcess(process, new Uri(await ReadAsync(process, cancellation)));
    }

    public async Task<WireCounts> CountAsync(CancellationToken cancellation)
    {
        await _process.StandardInput.WriteLineAsync("count".AsMemory(), cancellation);
        await _process.StandardInput.FlushAsync(cancellation);
        return JsonSerializer.Deserialize<WireCounts>(await ReadAsync(_process, cancellation))!;
    }

    /// <summary>Its counts when no request runs any more and its connections are closed, or after the limit whatever they are.</summary>
    public async Task<WireCounts> CountAtRestAsync(int sockets, TimeSpan limit, CancellationToken cancellation)
    {
        for (var since = Stopwatch.GetTimestamp(); ; await Task.Delay(TimeSpan.FromMilliseconds(200), cancellation))
        {
            var counts = await CountAsync(cancellation);
            if ((counts.Running == 0 && counts.Sockets <= sockets) || Stopwatch.GetElapsedTime(since) > limit) return counts;
        }
    }

    public async ValueTask DisposeAsync()
    {
        // The end of its input tells it to go.
        _process.StandardInput.Close();
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        try
        {
            await _process.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            _process.Kill();
        }

        _process.Dispose();
    }

    /// <summary>The next line that is meant for this process; what else the server has to say is passed on.</summary>
    private static async Task<string> ReadAsync(Process process, CancellationToken cancellation)
    {
        while (await process.StandardOutput.ReadLineAsync(cancellation) is { } line)
        {
            if (line.StartsWith(WireServer.Mark, StringComparison.Ordinal)) return line[WireServer.Mark.Length..];
            await Console.Error.WriteLineAsync($"[server] {line}");
        }

        throw new IOException("The server process of the benchmark ended before its time.");
    }

    private static string Text(double value) => value.ToString(CultureInfo.InvariantCulture);
}
