using System.CommandLine;
using Cluster.Cli.Output;
using Cluster.Cli.Scenarios;
using Cluster.Scenarios;
using Cluster.Simulator;
using Cluster.Simulator.Reporting;

namespace Cluster.Cli.Commands;

/// <summary><c>xpyd simulate</c>: the report of a scenario from virtual time.</summary>
internal static class SimulateCommand
{
    public static Command Create()
    {
        var scenario = new ScenarioArguments();
        var json = CommonOptions.Json();
        var command = new Command("simulate", "Run a scenario in virtual time and report.") { json };
        scenario.AddTo(command);
        command.SetAction((arguments, cancellation) => Task.FromResult(Guarded.Run(() =>
        {
            var loaded = scenario.Load(arguments, CliCatalog.Load()).OrThrow();
            var report = Simulate(loaded, cancellation);
            if (arguments.GetValue(json)) Console.Out.WriteLine(report.ToJson());
            else ReportTable.Print(report, Terminal.Out);
        })));
        return command;
    }

    public static RunReport Simulate(ScenarioResult loaded, CancellationToken cancellation)
    {
        var variants = loaded.Variants.Select(v => VariantReport.Of(ClusterSimulation.Run(v.Cluster, v.Workload, null, cancellation))).ToList();
        return new RunReport(loaded.Scenario!.Name, "virtual", variants, Verdict.Of(variants));
    }
}
