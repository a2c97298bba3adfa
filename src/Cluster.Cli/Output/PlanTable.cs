using System.Globalization;
using Cluster.Simulator.Planning;
using Spectre.Console;

namespace Cluster.Cli.Output;

/// <summary>The simulated candidates of a plan, the Pareto front marked, and the verdict.</summary>
internal static class PlanTable
{
    private const int Rows = 16;

    private static readonly string[] Titles = ["", "candidate", "GPUs", "max goodput/s", "per GPU", "per $", "TTFT p90", "TPOT p90", "first guess/s"];

    public static void Print(PlanReport report, IAnsiConsole console)
    {
        var shown = Shown(report);
        TableWidth.WriteFitting(console, [8, 5, 2, 3, 7, 6], Titles, kept =>
        {
            var table = new Table().Border(TableBorder.Rounded);
            foreach (var i in kept) table.AddColumn(i < 2 ? new TableColumn(Titles[i]) : new TableColumn(Titles[i]).RightAligned());
            foreach (var r in shown)
            {
                var cells = Cells(report, r);
                table.AddRow(kept.Select(i => Markup.Escape(cells[i])).ToArray());
            }

            return table;
        });
        var more = report.Results.Count - shown.Count;
        console.WriteLine(Text($"◆ on the Pareto front of goodput per {(report.Space.Rank == PlanRank.PerGpu ? "GPU" : "dollar")}, TTFT and TPOT; max goodput: arrivals per second of which at least nine in ten meet the SLO; {report.Results.Count} candidates simulated{(more > 0 ? $", {more} not shown" : "")}."));
        if (shown.FirstOrDefault(r => r.Peak.IsCapped) is { } capped)
            console.WriteLine(Text($"> the SLO is met up to {capped.Peak.Load:F0} times the scenario's pace{(report.Space.IsGrouped ? " by each group" : "")}, where the search ends: there may be more."));
        if (report.Space.IsGrouped)
            console.WriteLine(Text($"So many GPUs are searched as groups alike, of at most {report.Space.GroupGpus} each: one of a kind was simulated, with a router and a load of its own, and counts as often as the budget has room for it. TTFT and TPOT are one group's, and the others' too as long as whatever stands before them deals the load out evenly."));
        console.WriteLine(report.Verdict);
    }

    /// <summary>The first, and wherever it stands the first of either kind: the verdict compares these two.</summary>
    private static List<PlanResult> Shown(PlanReport report)
    {
        PlanResult?[] kinds = [report.Results.FirstOrDefault(r => !r.Candidate.IsDisaggregated), report.Results.FirstOrDefault(r => r.Candidate.IsDisaggregated)];
        return [.. report.Results.Where((r, i) => i < Rows || kinds.Contains(r))];
    }

    private static string[] Cells(PlanReport report, PlanResult r) =>
    [
        report.Pareto.Contains(r) ? "◆" : "", r.Name, Text($"{r.Gpus}"),
        r.Peak.Load > 0 ? Text($"{(r.Peak.IsCapped ? "> " : "")}{r.GoodputRps:F2}") : "misses", Text($"{r.GoodputPerGpu:F3}"),
        r.GoodputPerDollar is { } dollars ? Text($"{dollars:F0}") : "–",
        Text($"{r.Peak.Report.TtftMs.P90:F0} ms"), Text($"{r.Peak.Report.TpotMs.P90:F1} ms"), Text($"{r.Candidate.EstimatedRps * r.Groups:F1}"),
    ];

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
