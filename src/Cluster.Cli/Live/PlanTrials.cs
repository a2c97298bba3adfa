using Cluster.Cli.Output;
using Cluster.Scenarios;
using Cluster.Simulator.Planning;
using Spectre.Console;

namespace Cluster.Cli.Live;

/// <summary>Runs a plan's advice on live clusters, one after another, and holds what happened against what was predicted.</summary>
internal static class PlanTrials
{
    public static async Task<IReadOnlyList<PlanConfirmation>> RunAsync(PlanReport report, ScenarioSource source, CancellationToken cancellation)
    {
        var confirmations = new List<PlanConfirmation>();
        foreach (var trial in PlanTrial.Of(report, source, CliCatalog.Load(), cancellation))
        {
            var outcome = await ProgressBars.LiveAsync(trial.Candidate.Name, trial.Predicted.Requests, trial.Predicted.DurationS,
                tick => LiveRun.RunAsync(trial.Variant, null, null, null, tick, cancellation));
            if (outcome.Warning() is { } warning) Terminal.Error.WriteLine(warning);
            confirmations.Add(new PlanConfirmation(trial, outcome.Report));
        }

        return confirmations;
    }
}
