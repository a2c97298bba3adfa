using System.CommandLine;
using Cluster.Cli.Live;
using Cluster.Cli.Output;
using Cluster.Cli.Scenarios;
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
        var command = new Command("run", "Start the cluster here, drive the workload through real HTTP, report, stop.") { json };
        scenario.AddTo(command);
        command.SetAction((arguments, cancellation) => Guarded.RunAsync(async () =>
        {
            var loaded = scenario.Load(arguments, CliCatalog.Load()).OrThrow();
            var asJson = arguments.GetValue(json);
            var report = await RunAsync(loaded, cancellation);
            if (asJson) Console.Out.WriteLine(report.ToJson());
            else ReportTable.Print(report, Terminal.Out);
            return 0;
        }));
        return command;
    }

    private static async Task<RunReport> RunAsync(ScenarioResult loaded, CancellationToken cancellation)
    {
        var simulated = SimulateCommand.Simulate(loaded, cancellation);
        var live = new List<LiveOutcome>();
        foreach (var variant in loaded.Variants)
        {
            var twin = simulated.Variants.First(v => v.Name == variant.Cluster.Name);
            live.Add(await ProgressBars.LiveAsync(variant.Cluster.Name, twin.Requests, twin.DurationS, tick => LiveRun.RunAsync(variant, tick, cancellation)));
        }

        foreach (var warning in live.Select(l => l.Warning()).OfType<string>()) Terminal.Error.WriteLine(warning);
        var reports = live.Select(l => l.Report).ToList();
        return new RunReport(loaded.Scenario!.Name, "live", reports, Verdict.Of(reports), simulated.Variants);
    }
}
