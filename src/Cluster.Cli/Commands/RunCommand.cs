using System.CommandLine;
using Cluster.Cli.Live;
using Cluster.Cli.Output;
using Cluster.Cli.Reports;
using Cluster.Cli.Scenarios;
using Cluster.Gateway;
using Cluster.Report;
using Cluster.Scenarios;
using Cluster.Simulator.Reporting;
using Spectre.Console;

namespace Cluster.Cli.Commands;

/// <summary><c>xpyd run</c>: the scenario live, over HTTP, with its virtual twin beside it.</summary>
internal static class RunCommand
{
    public static Command Create()
    {
        var scenario = new ScenarioArguments();
        var json = CommonOptions.Json();
        var command = new CheckedCommand("run", "Start the cluster here, drive the workload through real HTTP, report, stop.") { json };
        var files = new ReportFiles();
        scenario.AddTo(command);
        files.AddTo(command);
        var record = CommonOptions.Record();
        command.Options.Add(record);
        var tls = new TlsFlags();
        tls.AddTo(command);
        command.SetAction((arguments, problems) => (
            Loaded: scenario.Load(arguments, CliCatalog.Load(), problems)!,
            Gateway: problems.Of(() => tls.Apply(arguments, new GatewayOptions { Port = 0 }))!), async (input, arguments, cancellation) =>
        {
            var report = await RunAsync(input.Loaded, files, arguments, arguments.GetValue(record), input.Gateway, cancellation);
            if (arguments.GetValue(json)) Console.Out.WriteLine(report.ToJson());
            else ReportTable.Print(report, Terminal.Out);
            return 0;
        });
        return command;
    }

    private static async Task<RunReport> RunAsync(ScenarioResult loaded, ReportFiles files, ParseResult arguments, string? record, GatewayOptions gateway, CancellationToken cancellation)
    {
        using var page = files.OpenReport(arguments);
        var simulated = SimulateCommand.Simulate(loaded, cancellation);
        var (live, pages) = (new List<LiveOutcome>(), new List<ReportVariant>());
        using (var timeline = files.OpenTimeline(arguments))
        {
            foreach (var variant in loaded.Variants)
            {
                var twin = simulated.Variants.First(v => v.Name == variant.Cluster.Name);
                var watch = files.Wanted(arguments) ? new RunWatch(variant.Cluster, timeline?.Writer) : null;
                live.Add(await ProgressBars.LiveAsync(variant.Cluster.Name, twin.Requests, twin.DurationS, tick => LiveRun.RunAsync(variant, watch, RecordPath(record, loaded, variant), gateway, tick, cancellation)));
                if (watch is null) continue;
                foreach (var request in live[^1].Run.Requests) watch.Ended(in request);
                pages.Add(RunReportPage.Variant(live[^1].Run, live[^1].Report, watch));
            }
        }

        var warnings = live.Select(l => l.Warning()).OfType<string>().ToList();
        foreach (var note in live.SelectMany(l => l.Notes).Distinct()) Terminal.Error.WriteLine($"note: {note}");
        foreach (var warning in warnings) Terminal.Error.WriteLine(warning);
        var report = RunReport.Live(loaded.Scenario!.Name, [.. live.Select(l => l.Report)], simulated, hostKeptUp: warnings.Count == 0);
        var notice = warnings.Count == 0 ? null : string.Join(" ", warnings);
        ReportFiles.Write(page, () => RunReportPage.Model(report, loaded.Variants[0].Cluster.Slo, pages, notice));
        return report;
    }

    /// <summary>One file per variant: a journal is of one cluster.</summary>
    private static string? RecordPath(string? record, ScenarioResult loaded, ResolvedVariant variant) => record is null || loaded.Variants.Count == 1
        ? record
        : Path.Combine(Path.GetDirectoryName(record) ?? "", $"{Path.GetFileNameWithoutExtension(record)}.{variant.Cluster.Name}{Path.GetExtension(record)}");
}
