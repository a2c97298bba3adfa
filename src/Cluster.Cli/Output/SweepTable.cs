using System.Globalization;
using Cluster.Simulator.Sweeping;
using Spectre.Console;

namespace Cluster.Cli.Output;

/// <summary>The rows of a sweep for people: settings, then what matters most.</summary>
internal static class SweepTable
{
    private static readonly (string Title, string Column, int Digits)[] Columns =
    [
        ("GPUs", "gpus", 0), ("goodput req/s", "goodput_rps", 2), ("tok/s", "output_tokens_per_s", 0),
        ("TTFT p50", "ttft_ms_p50", 0), ("p99 ms", "ttft_ms_p99", 0), ("TPOT p50", "tpot_ms_p50", 1), ("p99 ms", "tpot_ms_p99", 1),
        ("$/M tok", "cost_per_million_tokens", 2),
    ];

    public static void Print(SweepPlan plan, IReadOnlyList<SweepRow> rows, IAnsiConsole console)
    {
        var table = new Table().Border(TableBorder.Rounded);
        foreach (var axis in plan.Axes) table.AddColumn(Markup.Escape(axis.Path));
        table.AddColumn("variant");
        foreach (var (title, _, _) in Columns) table.AddColumn(new TableColumn(title).RightAligned());
        table.AddColumn("wall P / D");
        foreach (var row in rows)
        {
            table.AddRow(
            [
                .. row.Point.Values.Select(v => v.Length == 0 ? "–" : Markup.Escape(v)), Markup.Escape(row.Point.VariantName),
                .. Columns.Select(c => Number(row[c.Column], c.Digits)), $"{row["wall_prefill"]} / {row["wall_decode"]}",
            ]);
        }

        console.Write(table);
        var best = rows.MaxBy(r => double.Parse(r["goodput_rps"], CultureInfo.InvariantCulture));
        if (best is null) return;
        var settings = string.Join(", ", plan.Axes.Select((a, i) => (a.Path, Value: best.Point.Values[i])).Where(s => s.Value.Length > 0).Select(s => $"{s.Path}={s.Value}"));
        console.WriteLine($"Most goodput: {Number(best["goodput_rps"], 2)} req/s {(settings.Length > 0 ? $"with {settings} " : "")}({best.Point.VariantName}).");
    }

    private static string Number(string cell, int digits) =>
        cell.Length == 0 ? "–" : double.Parse(cell, CultureInfo.InvariantCulture).ToString($"N{digits}", CultureInfo.InvariantCulture);
}
