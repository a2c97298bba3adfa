using System.Globalization;
using Cluster.Simulator.Reporting;
using Spectre.Console;

namespace Cluster.Cli.Output;

/// <summary>A report for people: one column per variant, and its virtual twin where there is one.</summary>
internal static class ReportTable
{
    public static void Print(RunReport report, IAnsiConsole console)
    {
        var columns = Columns(report).ToArray();
        // Beside each other where they fit, else below each other: cells that wrap cannot be read. Twins stay together.
        var (fitting, step) = (columns.Length, report.Virtual is null ? 1 : 2);
        while (fitting > step && TableWidth.Of(Of(report, columns[..fitting]), console) > console.Profile.Width) fitting -= step;
        foreach (var row in columns.Chunk(fitting)) console.Write(Of(report, row));

        console.WriteLine(report.Verdict);
        foreach (var reason in report.Why) console.WriteLine($"  {reason}");
    }

    private static Table Of(RunReport report, (string Title, VariantReport Variant)[] columns)
    {
        var table = new Table().Border(TableBorder.Rounded).Title(Markup.Escape(report.Scenario)).AddColumn("");
        foreach (var (title, _) in columns) table.AddColumn(new TableColumn(Markup.Escape(title)).RightAligned());
        Row("GPUs", v => Whole(v.Gpus));
        Row("requests, completed", v => $"{v.Requests}, {v.Completed}");
        Row("duration", v => $"{Number(v.DurationS, 1)} s");
        Row("throughput", v => $"{Number(v.OutputTokensPerS, 0)} tok/s");
        Row("", v => $"{Number(v.RequestsPerS, 2)} req/s");
        Row("goodput", v => $"{Number(v.GoodputRps, 2)} req/s");
        table.AddEmptyRow();
        Latency("TTFT ms", v => v.TtftMs, 0);
        Latency("TPOT ms", v => v.TpotMs, 1);
        Latency("ITL ms", v => v.ItlMs, 1);
        Latency("E2E ms", v => v.E2eMs, 0);
        if (columns.Any(c => c.Variant.TokensPerPass is not null)) Row("tokens per pass", v => v.TokensPerPass is { } tokens ? Number(tokens, 2) : "–");
        table.AddEmptyRow();
        foreach (var hop in columns[0].Variant.TtftHopsMs.Keys)
            Row($"TTFT: {hop.Replace('_', ' ')}", v => $"{Number(v.TtftHopsMs.GetValueOrDefault(hop), 1)} ms");
        table.AddEmptyRow();
        Row("prefix hits", v => v.PrefixHitRate.ToString("P1", CultureInfo.InvariantCulture));
        if (columns.Any(c => c.Variant.Preemptions > 0)) Row("preemptions", v => v.Preemptions.ToString("N0", CultureInfo.InvariantCulture));
        if (columns.Any(c => c.Variant.KvMovedGb > 0)) Row("KV moved", v => $"{Number(v.KvMovedGb, 1)} GB");
        if (columns.Any(c => c.Variant.RegretMs is not null))
            Row("routing regret ms p50 / p90 / p99", v => v.RegretMs is { } r ? $"{Number(r.P50, 0)} / {Number(r.P90, 0)} / {Number(r.P99, 0)}" : "–");
        Row("wall: prefill", v => v.Walls.GetValueOrDefault("prefill", "–"));
        Row("wall: decode", v => v.Walls.GetValueOrDefault("decode", "–"));
        Row("$ per M tokens", v => v.CostPerMillionTokens is { } cost ? Number(cost, 2) : v.OutputTokensPerS > 0 ? "price unknown" : "–");
        if (columns.Any(c => c.Variant.ExtrapolatedSteps > 0))
            Row("steps beyond measured kernels", v => v.ExtrapolatedSteps.ToString("P1", CultureInfo.InvariantCulture));
        return table;

        void Row(string title, Func<VariantReport, string> cell) =>
            table.AddRow([Markup.Escape(title), .. columns.Select(c => Markup.Escape(cell(c.Variant)))]);

        void Latency(string title, Func<VariantReport, Distribution> of, int digits) =>
            Row($"{title} p50 / p90 / p99", v => $"{Number(of(v).P50, digits)} / {Number(of(v).P90, digits)} / {Number(of(v).P99, digits)}");
    }

    private static IEnumerable<(string Title, VariantReport Variant)> Columns(RunReport report)
    {
        foreach (var variant in report.Variants)
        {
            yield return (report.Virtual is null ? variant.Name : $"{variant.Name} live", variant);
            if (report.Virtual?.FirstOrDefault(v => v.Name == variant.Name) is { } twin) yield return ($"{variant.Name} virtual", twin);
        }
    }

    private static string Number(double value, int digits) => value.ToString($"N{digits}", CultureInfo.InvariantCulture);

    private static string Whole(int value) => value.ToString(CultureInfo.InvariantCulture);
}
