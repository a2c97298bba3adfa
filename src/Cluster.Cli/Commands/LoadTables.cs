using System.Globalization;
using Cluster.Cli.Output;
using Cluster.Load;
using Cluster.Load.Reporting;
using Spectre.Console;

namespace Cluster.Cli.Commands;

/// <summary>What <c>xpyd load</c> shows people.</summary>
internal static class LoadTables
{
    /// <summary>Runs with a live line on standard error, if that is a terminal.</summary>
    public static async Task<LoadResult> WithProgressAsync(long total, Func<IProgress<LoadProgress>?, Task<LoadResult>> run)
    {
        if (Console.IsErrorRedirected) return await run(null);
        return await Terminal.Error.Progress().AutoClear(true).StartAsync(async context =>
        {
            var bar = context.AddTask("sending", maxValue: total);
            return await run(new Immediate(p =>
            {
                bar.Value = p.Completed + p.Failed;
                var seconds = Math.Max(p.ElapsedNs / 1e9, 1e-3);
                bar.Description = string.Create(CultureInfo.InvariantCulture, $"{p.InFlight} in flight, {p.OutputTokens / seconds:N0} tok/s, {p.Failed} failed");
            }));
        });
    }

    /// <summary>Figures where there are any: of a run in which nothing was completed, only why.</summary>
    public static void Print(LoadSummary summary, LoadSummary? before, IAnsiConsole console)
    {
        console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{summary.Completed} of {summary.Requests} requests completed in {summary.DurationS:0.##} s "
            + $"({summary.Rejected} rejected, {summary.Failed} failed, {summary.TimedOut} timed out)"));
        if (summary.Completed > 0) PrintFigures(summary, console);
        foreach (var (error, count) in summary.Errors.Take(5)) console.WriteLine($"{count} × {error}");
        if (before is not null && summary.Completed > 0) PrintComparison(before, summary, console);
    }

    private static void PrintFigures(LoadSummary summary, IAnsiConsole console)
    {
        console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{summary.RequestsPerS:0.##} req/s, goodput {summary.GoodputRps:0.##} req/s, {summary.InputTokensPerS:N0} tok/s in, "
            + $"{summary.OutputTokensPerS:N0} tok/s out, prefix hit rate {summary.PrefixHitRate:P1}"));
        var table = new Table().AddColumns("ms", "mean", "p50", "p90", "p99");
        foreach (var column in table.Columns.Skip(1)) column.RightAligned();
        Row("TTFT", summary.TtftMs);
        Row("TPOT", summary.TpotMs);
        Row("ITL", summary.ItlMs);
        Row("E2E", summary.E2eMs);
        Row("send lag", summary.SendLagMs);
        console.Write(table);

        void Row(string name, LatencyStats stats) => table.AddRow(name, Ms(stats.Mean), Ms(stats.P50), Ms(stats.P90), Ms(stats.P99));
    }

    private static void PrintComparison(LoadSummary before, LoadSummary after, IAnsiConsole console)
    {
        var table = new Table().AddColumns("figure", "before", "after", "change", "");
        foreach (var column in table.Columns.Skip(1).Take(3)) column.RightAligned();
        foreach (var figure in LoadComparison.Of(before, after))
        {
            var verdict = figure.IsBetter switch { true => "better", false => "worse", null => "" };
            table.AddRow(figure.Name, Ms(figure.Before), Ms(figure.After), figure.Change.ToString("+0.0%;-0.0%;0%", CultureInfo.InvariantCulture), verdict);
        }

        console.Write(table);
    }

    private static string Ms(double value) => value.ToString("0.##", CultureInfo.InvariantCulture);

    /// <summary><see cref="Progress{T}"/> would hop threads and reorder reports.</summary>
    private sealed class Immediate(Action<LoadProgress> report) : IProgress<LoadProgress>
    {
        public void Report(LoadProgress value) => report(value);
    }
}
