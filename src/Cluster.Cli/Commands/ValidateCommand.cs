using System.CommandLine;
using Cluster.Cli.Output;
using Cluster.Cli.Scenarios;
using Cluster.Scenarios.Catalogs;
using Cluster.Scenarios.Fitting;
using Cluster.Simulator.Validation;
using Spectre.Console;

namespace Cluster.Cli.Commands;

/// <summary><c>xpyd validate</c>: measured points against the engine in virtual time.</summary>
internal static class ValidateCommand
{
    public static Command Create()
    {
        var points = new Argument<string[]>("points") { Description = "CSV files of measured points.", Arity = ArgumentArity.ZeroOrMore };
        var catalogFolder = new Option<string?>("--catalog") { Description = "Catalog folder; default: the one that ships with xpyd." };
        var docs = new Option<string?>("--docs") { Description = "Folder to write validation.md, its pictures and the baseline into." };
        var data = new Option<string?>("--data") { Description = "Folder with kernels/, collectives/ and splitwise/: adds their fits to the document." };
        var steady = new Option<bool>("--steady") { Description = "Leave out the first request of each client. Measured points count it." };
        var cross = new Option<bool>("--cross-validate") { Description = "Also fit the engines' host figures without each model, GPU and engine version in turn, and predict what was left out: takes some minutes." };
        var checks = new Option<bool>("--cross-checks") { Description = "Also work out published figures of whole systems (DeepSeek, SGLang, Mooncake, DistServe); needs no points." };
        var json = CommonOptions.Json();
        var command = new Command("validate", "Predict each measured point through the engine and print the error.") { points, catalogFolder, docs, data, steady, cross, checks, json };
        command.SetAction((arguments, cancellation) => Task.FromResult(Guarded.Run(() =>
        {
            var files = arguments.GetValue(points)!;
            if (files.Length == 0 && !arguments.GetValue(checks)) throw new UsageException("Nothing to validate: name a CSV of measured points, or pass --cross-checks.");
            var absent = files.Where(f => !File.Exists(f)).Select(f => Directory.Exists(f) ? $"{f}: it is a folder; name the CSV files in it." : $"{f}: no such file.").ToList();
            if (absent.Count > 0) throw new UsageException(string.Join('\n', absent));
            var catalog = arguments.GetValue(catalogFolder) is { } folder ? Catalog.Load(folder) : CliCatalog.Load();
            var wanted = arguments.GetValue(checks) || arguments.GetValue(docs) is not null;
            IReadOnlyList<CrossCheck> found = wanted ? CrossChecks.Run(catalog) : [];
            if (files.Length == 0)
            {
                PrintChecks(found);
                return;
            }

            List<MeasuredPoint> measured = [.. files.SelectMany(Read)];
            var report = ValidationReport.Run(measured, catalog, arguments.GetValue(steady), cancellation);
            var leftOut = arguments.GetValue(cross) ? new HostCrossValidation(catalog, measured, cancellation).Run() : [];
            if (arguments.GetValue(docs) is { } target)
                WriteDocument(target, report, catalog, arguments.GetValue(data), leftOut, found);
            if (report.Covered.Count == 0)
                throw new UsageException($"{string.Join(", ", files)}: none of {report.Rows.Count} rows can be predicted, the first since: {(report.Rows.Count > 0 ? report.Rows[0].NotCovered : "it is empty.")} A row of measured points has the columns shown in docs/how-to/calibrate-your-gpu.md.");
            if (arguments.GetValue(json)) Console.Out.WriteLine(report.ToJson(leftOut));
            else Print(report, leftOut);
            if (arguments.GetValue(checks) && !arguments.GetValue(json)) PrintChecks(found);
        })));
        return command;
    }

    private static List<MeasuredPoint> Read(string file)
    {
        try
        {
            return [.. MeasuredPoint.Read(file)];
        }
        catch (FormatException bad)
        {
            throw new UsageException($"{file}: {bad.Message} A row of measured points has the columns shown in docs/how-to/calibrate-your-gpu.md.");
        }
    }

    private static void WriteDocument(string target, ValidationReport report, Catalog catalog, string? data, IReadOnlyList<LeftOutErrors> leftOut, IReadOnlyList<CrossCheck> checks)
    {
        var kernels = data is null ? [] : CatalogFit.Run(catalog, data).SelectMany(f => f.Lines).ToList();
        var splitwise = data is null ? "" : Path.Combine(data, "splitwise", "perf_model.csv");
        var errors = File.Exists(splitwise) ? SplitwiseTable.Errors(SplitwiseTable.Read(splitwise), catalog, catalog.Engines["splitwise-2023"]) : null;
        ValidationDocument.Write(target, report, kernels, errors, leftOut, checks, data is null ? null : b => b.WithTables(catalog, data));
    }

    private static void Print(ValidationReport report, IReadOnlyList<LeftOutErrors> leftOut)
    {
        var table = new Table().AddColumns("model", "GPU", "engine", "mode", "rows", "TTFT median", "TTFT p90", "TPOT median", "TPOT p90");
        foreach (var g in report.Groups())
            table.AddRow(g.Model, g.Gpu, g.Engine, g.Mode, $"{g.Rows}", $"{g.MedianApe.Ttft:P1}", $"{g.P90Ape.Ttft:P1}", $"{g.MedianApe.Tpot:P1}", $"{g.P90Ape.Tpot:P1}");
        PrintRows(report);
        Terminal.Out.Write(table);
        if (leftOut.Count > 0) PrintLeftOut(leftOut);
        foreach (var reason in report.Rows.Where(r => r.NotCovered is not null).GroupBy(r => r.NotCovered))
            Terminal.Out.WriteLine($"not covered: {reason.Count()} rows ({Some([.. reason.Select(r => r.Point.Id)])}): {reason.Key}");
        foreach (var (assumption, rows) in report.Assumptions())
            Terminal.Out.WriteLine($"taken for granted: {rows} rows: {assumption}");
        var (median, p90) = (ValidationReport.Quantile(report.Covered, 0.5), ValidationReport.Quantile(report.Covered, 0.9));
        Terminal.Out.WriteLine($"{report.Covered.Count} of {report.Rows.Count} rows covered. Median APE: TTFT {median.Ttft:P1}, TPOT {median.Tpot:P1}; p90: TTFT {p90.Ttft:P1}, TPOT {p90.Tpot:P1}.");
    }

    private static string Some(List<string> ids) => string.Join(", ", ids.Take(3)) + (ids.Count > 3 ? ", …" : "");

    private static void PrintChecks(IReadOnlyList<CrossCheck> checks)
    {
        var table = new Table().AddColumns("published figure", "published", "here", "");
        foreach (var c in checks) table.AddRow(Markup.Escape(c.Name), Markup.Escape(c.Published), Markup.Escape(c.Predicted), c.Verdict);
        Terminal.Out.Write(table);
    }

    private static void PrintLeftOut(IReadOnlyList<LeftOutErrors> leftOut)
    {
        var table = new Table().AddColumns("left out at a time", "fits", "rows", "TPOT", "TTFT", "P/D TPOT", "P/D TTFT");
        foreach (var l in leftOut)
            table.AddRow(l.LeftOut, $"{l.Folds}", $"{l.Rows}", $"{l.Aggregated.Tpot:P1}", $"{l.Aggregated.Ttft:P1}", $"{l.Disaggregated.Tpot:P1}", $"{l.Disaggregated.Ttft:P1}");
        Terminal.Out.Write(table);
    }

    /// <summary>Every row, worst last, beside the medians.</summary>
    private static void PrintRows(ValidationReport report)
    {
        var rows = new Table().AddColumns("row, best TPOT first", "TTFT measured", "predicted", "error", "TPOT measured", "predicted", "error");
        foreach (var r in report.Covered.OrderBy(r => r.TpotApe))
            rows.AddRow(Markup.Escape(r.Point.Id), $"{r.Point.TtftMs:F0} ms", $"{r.TtftMs:F0}", $"{r.TtftApe:P0}", $"{r.Point.TpotMs:F1} ms", $"{r.TpotMs:F1}", $"{r.TpotApe:P0}");
        Terminal.Out.Write(rows);
    }
}
