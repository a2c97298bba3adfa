using System.Diagnostics;
using System.Runtime.CompilerServices;
using Cluster.Cli.Commands.Wire;
using Cluster.Cli.Scenarios;
using Cluster.Engine.Requests;
using Cluster.Gateway.Backend;
using Cluster.Load;
using Cluster.Timing;

namespace Cluster.Cli.Commands;

/// <summary>One figure of a benchmark beside its reference, measured in the same run on the same host.</summary>
/// <param name="Reference">The same figure of the reference, in the same unit; null where there is none.</param>
internal sealed record WireFigure(string Name, double Value, string Unit, double? Reference, string ReferenceName);

/// <summary>How much the HTTP surface and the load generator carry, both in this process: <c>xpyd bench wire</c>.</summary>
internal static class BenchWire
{
    private const int StreamTokens = 128;

    /// <summary>All figures, for <see cref="BenchCommand"/>.</summary>
    /// <param name="streams">Open at once, for the figure of what an idle one costs.</param>
    public static IReadOnlyList<BenchResult> Run(int streams, CancellationToken cancellation) => CollectAsync(streams, cancellation).GetAwaiter().GetResult();

    private static async Task<IReadOnlyList<BenchResult>> CollectAsync(int streams, CancellationToken cancellation)
    {
        if (streams < 1) throw new UsageException($"--streams {streams}: at least 1.");
        OpenFiles.Require(streams);
        InlineReceives.Prefer(PromptThread.Ask);
        var results = new List<BenchResult>();
        await foreach (var figure in RunAsync(quick: false, streams, Console.Error.WriteLine, cancellation))
        {
            var note = figure.ReferenceName.Length == 0 ? null : figure.ReferenceName;
            var isLower = figure.Name.EndsWith("_deviation", StringComparison.Ordinal) || figure.Name.EndsWith("_cpu", StringComparison.Ordinal) || figure.Name.EndsWith("_memory", StringComparison.Ordinal) || figure.Name.EndsWith("_pause", StringComparison.Ordinal);
            results.Add(isLower
                ? BenchResult.LowerIsBetter(figure.Name, figure.Value, figure.Unit, figure.Reference, note)
                : BenchResult.HigherIsBetter(figure.Name, figure.Value, figure.Unit, figure.Reference, note));
        }

        return results;
    }

    /// <summary>Measures one figure after another.</summary>
    /// <param name="quick">A small part of the work, for tests of the command itself.</param>
    /// <param name="streams">Open at once, for the figure of what an idle one costs.</param>
    /// <param name="progress">Told what is being measured.</param>
    public static async IAsyncEnumerable<WireFigure> RunAsync(
        bool quick, int streams, Action<string> progress, [EnumeratorCancellation] CancellationToken cancellation)
    {
        progress("unpaced, 64 streams of 128 tokens");
        yield return await UnpacedAsync(quick ? 400 : 6000, cancellation);
        progress("load generator against canned answers");
        foreach (var figure in await ClientAsync(quick ? 400 : 8000, cancellation)) yield return figure;
        progress("a lone clock, for what the host keeps");
        foreach (var figure in BenchPaced.Host()) yield return figure;
        foreach (var paced in quick ? (int[])[64] : [512, 1024])
        {
            progress($"paced at 10 ms, {paced} streams, turn about with bare Kestrel");
            foreach (var figure in await BenchPaced.RunAsync(paced, quick ? 50 : 400, quick ? 1 : 3, cancellation)) yield return figure;
        }

        progress($"{streams} open streams, client and server in processes of their own");
        foreach (var figure in await BenchOpenStreams.RunAsync(streams, cancellation)) yield return figure;
    }

    private static async Task<WireFigure> UnpacedAsync(int requests, CancellationToken cancellation)
    {
        using var backend = new EchoBackend();
        var (app, address) = await BenchWireServers.GatewayAsync(backend);
        var (bare, bareAddress) = await BenchWireServers.BareKestrelAsync(StreamTokens, TimeSpan.Zero);
        await using var _ = app;
        await using var __ = bare;
        await TokensPerSecondAsync(address, 64, requests / 5, StreamTokens, cancellation);
        await TokensPerSecondAsync(bareAddress, 64, requests / 5, StreamTokens, cancellation);
        // Turn about, the better of two: another process's burst should not decide.
        var (ours, reference) = (0.0, 0.0);
        for (var round = 0; round < 2; round++)
        {
            ours = Math.Max(ours, await TokensPerSecondAsync(address, 64, requests, StreamTokens, cancellation));
            reference = Math.Max(reference, await TokensPerSecondAsync(bareAddress, 64, requests, StreamTokens, cancellation));
        }

        return new WireFigure("unpaced_64x128", ours, "tokens/s", reference, "bare Kestrel, a flush per token");
    }

    private static async Task<IEnumerable<WireFigure>> ClientAsync(int requests, CancellationToken cancellation)
    {
        var (listener, address) = BenchWireServers.Canned(StreamTokens);
        using var _ = listener;
        await TokensPerSecondAsync(address, 8, requests / 5, StreamTokens, cancellation);
        var before = Process.GetCurrentProcess().TotalProcessorTime;
        var rate = await TokensPerSecondAsync(address, 8, requests, StreamTokens, cancellation);
        var cpuSeconds = (Process.GetCurrentProcess().TotalProcessorTime - before).TotalSeconds;
        return
        [
            new WireFigure("load_generator", rate, "tokens/s", null, ""),
            new WireFigure("load_generator_per_core", (double)requests * StreamTokens / cpuSeconds, "tokens/s per core", null, ""),
        ];
    }

    private static async Task<double> TokensPerSecondAsync(Uri address, int clients, int requests, int tokens, CancellationToken cancellation)
    {
        var result = await LoadDriver.RunAsync(address, new Workload.ClosedLoop(clients, Specs(requests, tokens)), new LoadOptions(), null, cancellation);
        var received = result.Records.Sum(r => r.Outcome == LoadOutcome.Completed ? (long)r.OutputTokens : 0);
        return received / (result.DurationNs / 1e9);
    }

    /// <summary>Requests that share nothing.</summary>
    internal static IEnumerable<RequestSpec> Specs(int count, int tokens) =>
        Enumerable.Range(0, count).Select(i => new RequestSpec(i, 0, 16, tokens, TokenContent.Unique((ulong)i, 16 + tokens)));
}
