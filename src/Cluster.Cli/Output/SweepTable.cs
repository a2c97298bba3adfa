using System.Globalization;
using Cluster.Simulator.Sweeping;
using Spectre.Console;

namespace Cluster.Cli.Output;

/// <summary>The rows of a sweep for people: settings, then what matters most.</summary>
internal static class SweepTable
{
    private static readonly (string Title, string[] Columns, int Digits)[] Columns =
    [
        ("GPUs", ["gpus"], 0), ("goodput req/s", ["goodput_rps"], 2), ("tok/s", ["output_tokens_per_s"], 0),
        ("TTFT ms p50 / p99", ["ttft_ms_p50", "ttft_ms_p99"], 0), ("TPOT ms p50 / p99", ["tpot_ms_p50", "tpot_ms_p99"], 1),
        ("$/M tok", ["cost_per_million_tokens"], 2),
    ];

    /// <summary>Which of them go first where the window is narrow.</summary>
    private static readonly int[] LeastFirst = [5, 0, 2, 4, 3];

    public static void Print(SweepPlan plan, IReadOnlyList<SweepRow> rows, IAnsiConsole console)
    {
        string[] titles = [.. plan.Axes.Select(a => a.Path), "variant", .. Columns.Select(c => c.Title), "wall P / D"];
        var own = plan.Axes.Length + 1;
        TableWidth.WriteFitting(console, [titles.Length - 1, .. LeastFirst.Select(i => own + i)], titles, kept =>
        {
            var table = new Table().Border(TableBorder.Rounded);
            foreach (var i in kept) table.AddColumn(i < own || i == titles.Length - 1 ? new TableColumn(Markup.Escape(titles[i])) : new TableColumn(titles[i]).RightAligned());
            foreach (var row in rows)
            {
                string[] cells =
                [
                    .. row.Point.Values.Select(v => v.Length == 0 ? "–" : v), row.Point.VariantName,
                    .. Columns.Select(c => string.Join(" / ", c.Columns.Select(column => Number(row[column], c.Digits)))), $"{row["wall_prefill"]} / {row["wall_decode"]}",
                ];
                table.AddRow(kept.Select(i => Markup.Escape(cells[i])).ToArray());
            }

            return table;
        });
        var best = rows.MaxBy(r => double.Parse(r["goodput_rps"], CultureInfo.InvariantCulture));
        if (best is null) return;
        console.WriteLine($"Most goodput: {Number(best["goodput_rps"], 2)} req/s {With(best)}.");
        if (rows.Select(r => r["gpus"]).Distinct().Skip(1).FirstOrDefault() is null) return;
        // Clusters of different size: the largest wins nothing by being large.
        var lean = rows.MaxBy(PerGpu)!;
        console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Most goodput per GPU: {PerGpu(lean):F3} req/s {With(lean)}."));

        static double PerGpu(SweepRow row) => double.Parse(row["goodput_rps"], CultureInfo.InvariantCulture) / double.Parse(row["gpus"], CultureInfo.InvariantCulture);

        string With(SweepRow row)
        {
            var settings = string.Join(", ", plan.Axes.Select((a, i) => (a.Path, Value: row.Point.Values[i])).Where(s => s.Value.Length > 0).Select(s => $"{s.Path}={s.Value}"));
            return $"{(settings.Length > 0 ? $"with {settings} " : "")}({row.Point.VariantName})";
        }
    }

    private static string Number(string cell, int digits) =>
        cell.Length == 0 ? "–" : double.Parse(cell, CultureInfo.InvariantCulture).ToString($"N{digits}", CultureInfo.InvariantCulture);
}
