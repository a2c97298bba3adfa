using Cluster.Cli.Output;
using Cluster.Scenarios;
using Cluster.Simulator.Levers;
using Cluster.Simulator.Reporting;
using Spectre.Console;

namespace Cluster.Cli.Live;

/// <summary>Pulls the best levers on a live cluster, one after another, and holds what happened against what was predicted.</summary>
internal static class LeverTrial
{
    /// <param name="count">So many of the best that settings can pull; another model is a prediction only.</param>
    public static async Task<IReadOnlyList<LeverConfirmation>> RunAsync(
        LeverRunner runner, ScenarioSource source, LeverTable table, int count, CancellationToken cancellation)
    {
        var chosen = table.Pulled.Select(p => (Pulled: p, Variant: runner.Pull(source, table, p.Lever))).Where(c => c.Variant is not null).Take(count).ToList();
        if (chosen.Count == 0) return [];
        var before = await LiveAsync("as it is", table.Variant, table.Base.AtLoad, cancellation);
        var confirmations = new List<LeverConfirmation>();
        foreach (var (pulled, variant) in chosen)
            confirmations.Add(LeverConfirmation.Of(pulled, before, await LiveAsync(pulled.Lever.Name, variant!, pulled.Measure.AtLoad, cancellation)));
        return confirmations;
    }

    private static async Task<VariantReport> LiveAsync(string title, ResolvedVariant variant, VariantReport twin, CancellationToken cancellation)
    {
        var outcome = await ProgressBars.LiveAsync(title, twin.Requests, twin.DurationS, tick => LiveRun.RunAsync(variant, null, null, null, tick, cancellation));
        if (outcome.Warning() is { } warning) Terminal.Error.WriteLine(warning);
        return outcome.Report;
    }
}
