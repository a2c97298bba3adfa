using Cluster.Scenarios;
using Cluster.Simulator.Diagnosing;

namespace Cluster.Simulator.Levers;

/// <summary>One storey of a stack: the lever applied, what it did, and what binds now.</summary>
public sealed record StackStep(PulledLever Lever, ClusterDiagnosis After);

/// <summary>Pulls the best lever, diagnoses again, pulls the next: relaxing one wall moves the bottleneck to another.</summary>
public static class LeverStack
{
    /// <summary>A lever must gain at least this score to be worth stacking.</summary>
    private const double Worth = 0.02;

    /// <param name="first">The table of the scenario as it is.</param>
    /// <param name="storeys">At most so many levers.</param>
    /// <param name="allowLossy">Also stack levers that can change answers.</param>
    public static IReadOnlyList<StackStep> Build(
        LeverRunner runner, ScenarioSource source, LeverTable first, int storeys, bool allowLossy = true, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(runner);
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(first);
        var steps = new List<StackStep>();
        var table = first;
        while (steps.Count < storeys)
        {
            cancellation.ThrowIfCancellationRequested();
            // Another model cannot be deployed by a setting: a stack is advice that can be followed.
            var context = new LeverContext(table.Variant, runner.Catalog, table.Diagnosis);
            var best = table.Pulled.FirstOrDefault(p =>
                p.Effect.Score >= Worth && (allowLossy || !p.Lever.IsLossy) && p.Lever.Apply(context) is LeverChange.Settings);
            if (best is null) break;
            source = source.With(((LeverChange.Settings)best.Lever.Apply(context)).Overrides);
            table = runner.Run(source, null, null, cancellation);
            steps.Add(new StackStep(best, table.Diagnosis));
        }

        return steps;
    }
}
