using System.CommandLine;
using Cluster.Cli.Live;
using Cluster.Cli.Output;
using Cluster.Cli.Reports;
using Cluster.Cli.Scenarios;
using Cluster.Report;
using Cluster.Scenarios;
using Cluster.Simulator;
using Cluster.Simulator.Recording;
using Cluster.Simulator.Reporting;

namespace Cluster.Cli.Commands;

/// <summary><c>xpyd simulate</c>: the report of a scenario from virtual time.</summary>
internal static class SimulateCommand
{
    public static Command Create()
    {
        var scenario = new ScenarioArguments();
        var json = CommonOptions.Json();
        var files = new ReportFiles();
        var command = new CheckedCommand("simulate", "Run a scenario in virtual time and report.") { json };
        scenario.AddTo(command);
        files.AddTo(command);
        files.AddDecisionsTo(command);
        var replay = new Option<string?>("--replay") { Description = "Play a recorded live run again ('xpyd run --record FILE'): its decisions on its inputs, its arrivals in virtual time.", HelpName = "FILE" };
        command.Options.Add(replay);
        command.SetAction((arguments, problems) =>
        {
            if (arguments.GetValue(replay) is not null && files.Asked(arguments) is { Length: > 0 } asked)
                problems.Add($"--replay holds a recorded run against itself and writes nothing: leave out {string.Join(", ", asked)}, or --replay.");
            return scenario.Load(arguments, CliCatalog.Load(), problems)!;
        }, (loaded, arguments, cancellation) =>
        {
            var replayed = arguments.GetValue(replay) is { } path ? ReplayRun.Run(loaded, path, cancellation) : null;
            var report = replayed is not null ? replayed.Report
                : files.Wanted(arguments) ? SimulateWatched(loaded, files, arguments, cancellation) : SimulateLogged(loaded, files, arguments, cancellation);
            if (arguments.GetValue(json)) Console.Out.WriteLine(report.ToJson());
            else ReportTable.Print(report, Terminal.Out);
            if (replayed is not null) ReplayRun.Print(replayed);
            return Task.FromResult(replayed is { IsFaithful: false } ? 1 : 0);
        });
        return command;
    }

    /// <summary>As <see cref="Simulate"/>, with a decision log where one is asked for.</summary>
    private static RunReport SimulateLogged(ScenarioResult loaded, ReportFiles files, ParseResult arguments, CancellationToken cancellation)
    {
        using var decisions = files.OpenDecisions(arguments);
        if (decisions is null) return Simulate(loaded, cancellation);
        var variants = loaded.Variants.Select(v => VariantReport.Of(ClusterSimulation.Run(v.Cluster, v.Workload, new DecisionLog(v.Cluster, decisions), cancellation))).ToList();
        return new RunReport(loaded.Scenario!.Name, "virtual", variants, Verdict.Of(variants));
    }

    public static RunReport Simulate(ScenarioResult loaded, CancellationToken cancellation)
    {
        var variants = loaded.Variants.Select(v => VariantReport.Of(ClusterSimulation.Run(v.Cluster, v.Workload, null, cancellation))).ToList();
        return new RunReport(loaded.Scenario!.Name, "virtual", variants, Verdict.Of(variants));
    }

    /// <summary>As <see cref="Simulate"/>, looking on: somewhat slower, the same figures.</summary>
    private static RunReport SimulateWatched(ScenarioResult loaded, ReportFiles files, ParseResult arguments, CancellationToken cancellation)
    {
        var (figures, pages) = (new List<VariantReport>(), new List<ReportVariant>());
        using var page = files.OpenReport(arguments);
        using var decisions = files.OpenDecisions(arguments);
        using (var timeline = files.OpenTimeline(arguments))
        {
            foreach (var variant in loaded.Variants)
            {
                var watch = new RunWatch(variant.Cluster, timeline?.Writer);
                ISimulationObserver observer = decisions is null ? watch : new ObserverPair(watch, new DecisionLog(variant.Cluster, decisions));
                var run = ClusterSimulation.Run(variant.Cluster, variant.Workload, observer, cancellation);
                figures.Add(VariantReport.Of(run));
                pages.Add(RunReportPage.Variant(run, figures[^1], watch));
            }
        }

        var report = new RunReport(loaded.Scenario!.Name, "virtual", figures, Verdict.Of(figures));
        ReportFiles.Write(page, () => RunReportPage.Model(report, loaded.Variants[0].Cluster.Slo, pages));
        return report;
    }
}
