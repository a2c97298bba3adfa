using System.Diagnostics;
using Cluster.Engine.Requests;
using Cluster.Engine.Units;
using Cluster.Gateway.Backend;
using Cluster.Load;

namespace Cluster.Cli.Commands.Wire;

/// <summary>Streams at 10 ms a token, through the gateway and from bare Kestrel, turn about.</summary>
internal static class BenchPaced
{
    private const string Kestrel = "bare Kestrel, a PeriodicTimer per stream";
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(10);

    /// <summary>The same clock without anything to do, for what the host itself takes away.</summary>
    public static IEnumerable<WireFigure> Host()
    {
        var (p50, p99) = LoneClock.Measure(Pace);
        yield return new WireFigure("host_alone_p99_deviation", p99, "ms", null, "a lone thread on clocks of 10 ms: what this host can keep");
        yield return new WireFigure("host_alone_p50_deviation", p50, "ms", null, "");
    }

    /// <param name="rounds">Measured after as many tokens again of warm-up; of each figure, the median counts.</param>
    public static async Task<IEnumerable<WireFigure>> RunAsync(int streams, int tokens, int rounds, CancellationToken cancellation)
    {
        using var backend = new EchoBackend(new EchoOptions { TimePerOutputToken = Pace, PacerThreads = Environment.ProcessorCount });
        var (app, address) = await BenchWireServers.GatewayAsync(backend);
        await using var _ = app;
        var (bare, bareAddress) = await BenchWireServers.BareKestrelAsync(tokens, Pace);
        await using var __ = bare;
        // What is measured is the pace, not the compiler: it takes hundreds of thousands of tokens to be done.
        foreach (var warmUp in (Uri[])[address, bareAddress, address, bareAddress]) await PaceAsync(warmUp, streams, tokens, cancellation);
        var (ours, reference) = (new List<Paced>(), new List<Paced>());
        for (var round = 0; round < rounds; round++)
        {
            ours.Add(await PaceAsync(address, streams, tokens, cancellation));
            reference.Add(await PaceAsync(bareAddress, streams, tokens, cancellation));
        }

        return
        [
            Figure("rate", p => p.Rate, "share of 10 ms pace"),
            Figure("p99_deviation", p => p.P99DeviationMs, "ms"),
            Figure("p50_deviation", p => p.P50DeviationMs, "ms"),
            Figure("cpu", p => p.CpuUsPerToken, "µs of CPU per token, both ends"),
            new WireFigure($"paced_{streams}_collector_pause", Median(ours, p => p.PauseMs), "ms in a round, both ends", null, ""),
        ];

        WireFigure Figure(string name, Func<Paced, double> of, string unit) => new($"paced_{streams}_{name}", Median(ours, of), unit, Median(reference, of), Kestrel);
    }

    /// <param name="Rate">Achieved share of the pace over whole streams.</param>
    /// <param name="P99DeviationMs">Of |ITL − pace|.</param>
    /// <param name="PauseMs">All threads of both ends stood still for the garbage collector.</param>
    private readonly record struct Paced(double Rate, double P50DeviationMs, double P99DeviationMs, double CpuUsPerToken, double PauseMs);

    private static double Median(List<Paced> rounds, Func<Paced, double> of) => rounds.Select(of).Order().ElementAt(rounds.Count / 2);

    private static async Task<Paced> PaceAsync(Uri address, int streams, int tokens, CancellationToken cancellation)
    {
        var options = new LoadOptions { KeepTokenTimes = true, ReceiveBufferBytes = 4096 };
        // Starts are spread over a second, as clients' are.
        var specs = BenchWire.Specs(streams, tokens).Select(s => s with { ArrivalNs = s.Id * (Time.Second / streams) });
        // What the evaluation of the round before left behind is no work of a server or client: it is collected before, not during, this one.
        GC.Collect();
        var pauseBefore = GC.GetTotalPauseDuration();
        var cpuBefore = Process.GetCurrentProcess().TotalProcessorTime;
        var result = await LoadDriver.RunAsync(address, new Workload.OpenLoop(specs), options, null, cancellation);
        var cpu = Process.GetCurrentProcess().TotalProcessorTime - cpuBefore;
        var pause = GC.GetTotalPauseDuration() - pauseBefore;
        var completed = result.Records.Where(r => r.Outcome == LoadOutcome.Completed).ToArray();
        if (completed.Length < streams) throw new InvalidOperationException($"{streams - completed.Length} of {streams} streams did not complete.");
        var deviations = completed
            .SelectMany(r => r.TokenNs!.Zip(r.TokenNs!.Skip(1), (a, b) => Math.Abs(b - a - Pace.TotalNanoseconds) / 1e6)).Order().ToArray();
        var paceNs = completed.Average(r => (r.LastTokenNs - r.FirstTokenNs) / (double)(tokens - 1));
        return new Paced(
            Pace.TotalNanoseconds / paceNs, deviations[deviations.Length / 2], deviations[(int)(deviations.Length * 0.99)],
            cpu.TotalMicroseconds / ((double)streams * tokens), pause.TotalMilliseconds);
    }
}
