using System.Globalization;
using Cluster.Simulator.Planning;
using Spectre.Console;

namespace Cluster.Cli.Output;

/// <summary>The simulated candidates of a plan, the Pareto front marked, and the verdict.</summary>
internal static class PlanTable
{
    private const int Rows = 16;

    public static void Print(PlanReport report, IAnsiConsole console)
    {
        var table = new Table().Border(TableBorder.Rounded).AddColumn("").AddColumn("candidate");
        foreach (var title in (string[])["GPUs", "max goodput/s", "per GPU", "per $", "TTFT p90", "TPOT p90", "first guess/s"])
            table.AddColumn(new TableColumn(title).RightAligned());
        foreach (var r in report.Results.Take(Rows))
        {
            var peak = r.Peak.Report;
            table.AddRow(
                report.Pareto.Contains(r) ? "◆" : "", Markup.Escape(r.Candidate.Name), Text($"{r.Candidate.Gpus}"),
                r.Peak.Load > 0 ? Text($"{(r.Peak.IsCapped ? "> " : "")}{r.Peak.GoodputRps:F2}") : "misses", Text($"{r.GoodputPerGpu:F3}"),
                r.GoodputPerDollar is { } dollars ? Text($"{dollars:F0}") : "–",
                Text($"{peak.TtftMs.P90:F0} ms"), Text($"{peak.TpotMs.P90:F1} ms"), Text($"{r.Candidate.EstimatedRps:F1}"));
        }

        console.Write(table);
        var more = report.Results.Count - Rows;
        console.WriteLine(Text($"◆ on the Pareto front of goodput per {(report.Rank == PlanRank.PerGpu ? "GPU" : "dollar")}, TTFT and TPOT; {report.Results.Count} candidates simulated{(more > 0 ? $", {more} not shown" : "")}."));
        if (report.Results.Take(Rows).Any(r => r.Peak.IsCapped))
            console.WriteLine(Text($"> the SLO is met up to {Math.Pow(2, Headroom.HighestPower):F0} times the scenario's pace, where the search ends: there may be more."));
        console.WriteLine(report.Verdict);
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
