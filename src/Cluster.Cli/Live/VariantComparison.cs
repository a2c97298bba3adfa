using Cluster.Cli.Commands;
using Cluster.Gateway.Console;
using Cluster.Scenarios;
using Cluster.Simulator.Reporting;

namespace Cluster.Cli.Live;

/// <summary>The variants of a scenario beside each other, in virtual time: what tells somebody who looks at one live cluster whether it wins.</summary>
internal static class VariantComparison
{
    /// <returns>Null for a scenario of one variant.</returns>
    public static Func<CancellationToken, Task<ComparisonView>>? Of(ScenarioResult loaded) =>
        loaded.Variants.Count < 2 ? null : cancellation => Task.Run(() => View(SimulateCommand.Simulate(loaded, cancellation)), cancellation);

    private static ComparisonView View(RunReport report) => new(report.Verdict, report.Why, [.. report.Variants.Select(v => new VariantView(
        v.Name, v.GoodputRps, v.TtftMs.P50, v.TtftMs.P99, v.TpotMs.P50, v.TpotMs.P99, v.ItlMs.P99, v.Walls.GetValueOrDefault("prefill", "–"), v.Walls.GetValueOrDefault("decode", "–"), v.MeanGpus))]);
}
