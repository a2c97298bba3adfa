using Cluster.Engine.Cost;
using Cluster.Engine.Requests;
using Cluster.Engine.Topology;
using Cluster.Scenarios;
using Cluster.Scenarios.Catalogs;
using Cluster.Simulator.Diagnosing;
using Cluster.Simulator.Planning;
using Cluster.Simulator.Reporting;
using Cluster.Simulator.Sweeping;

namespace Cluster.Simulator.Levers;

/// <summary>A lever that was pulled.</summary>
/// <param name="Trap">Harm or futility, by name and with numbers; null for neither.</param>
public sealed record PulledLever(ILever Lever, LeverMeasure Measure, LeverEffect Effect, string? Trap);

/// <summary>A lever that has nothing to hold on to here.</summary>
public sealed record IdleLever(ILever Lever, string Because);

/// <summary>Where a scenario stands, and what every lever would do to it.</summary>
/// <param name="Pulled">Best first.</param>
public sealed record LeverTable(
    ResolvedVariant Variant, ClusterDiagnosis Diagnosis, LeverMeasure Base, IReadOnlyList<PulledLever> Pulled, IReadOnlyList<IdleLever> Idle);

/// <summary>Pulls every lever on one variant of a scenario, each on the same requests with the same seed.</summary>
/// <param name="withPeak">Search for the most load each carries; without it goodput is that of the scenario's own load.</param>
/// <param name="degree">Runs at a time. Results do not depend on it.</param>
public sealed class LeverRunner(Catalog catalog, bool withPeak = true, int degree = 1)
{
    internal Catalog Catalog => catalog;

    /// <param name="source">Names one variant, see <see cref="ScenarioSource.Only"/>.</param>
    /// <param name="stepped">Called after each lever.</param>
    /// <exception cref="ScenarioException">The scenario is not valid.</exception>
    public LeverTable Run(ScenarioSource source, IReadOnlyList<ILever>? levers = null, Action? stepped = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(source);
        var variant = source.Read(catalog).OrThrow().Variants[0];
        var diagnosis = ClusterDiagnosis.Of(variant.Cluster, variant.Workload, cancellation);
        var before = Measure(variant.Cluster, variant.Workload, cancellation);
        var context = new LeverContext(variant, catalog, diagnosis);
        var results = ParallelMap.Run(levers ?? LeverRegistry.All, degree, One, (_, _) => stepped?.Invoke(), cancellation);
        return new LeverTable(
            variant, diagnosis, before,
            [.. results.OfType<PulledLever>().OrderByDescending(p => Math.Round(p.Effect.Score, 6)).ThenBy(p => p.Lever.Name, StringComparer.Ordinal)],
            [.. results.OfType<IdleLever>()]);

        object One(ILever lever)
        {
            var (cluster, workload, because) = Changed(source, context, lever);
            if (cluster is null) return new IdleLever(lever, because!);
            var after = Measure(cluster, workload!, cancellation);
            var effect = LeverEffect.Of(before, after);
            return new PulledLever(lever, after, effect, LeverTrap.Of(lever, effect, diagnosis, after.Peak is not null));
        }
    }

    /// <summary>The scenario with the lever pulled, to be run; null where that takes another model, or nothing changes.</summary>
    public ResolvedVariant? Pull(ScenarioSource source, LeverTable table, ILever lever)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(table);
        ArgumentNullException.ThrowIfNull(lever);
        if (lever.Apply(new LeverContext(table.Variant, catalog, table.Diagnosis)) is not LeverChange.Settings settings) return null;
        var changed = source.Read(catalog, settings.Overrides);
        return changed.Ok ? changed.Variants[0] : null;
    }

    /// <summary>The cluster as the lever would have it, or why there is none.</summary>
    private (ClusterSpec? Cluster, Workload? Workload, string? Because) Changed(ScenarioSource source, LeverContext context, ILever lever)
    {
        switch (lever.Apply(context))
        {
            case LeverChange.NotApplicable none:
                return (null, null, none.Because);
            case LeverChange.Settings settings:
                var changed = source.Read(catalog, settings.Overrides);
                return changed.Ok
                    ? (changed.Variants[0].Cluster, changed.Variants[0].Workload, null)
                    : (null, null, changed.Errors[0].Message);
            case LeverChange.OtherModel other:
                try
                {
                    return (Redeployment.Of(context.Resolved.Cluster, d => Named(other.Change(d), d.Model.Name)), context.Resolved.Workload, null);
                }
                catch (ArgumentException impossible)
                {
                    return (null, null, impossible.Message);
                }

            default:
                throw new InvalidOperationException($"{lever.Name}: unknown change.");
        }
    }

    /// <summary>Requests ask for a model by its name: what takes its place answers to it.</summary>
    private static Deployment Named(Deployment changed, string name) => changed with { Model = changed.Model with { Name = name } };

    private LeverMeasure Measure(ClusterSpec cluster, Workload workload, CancellationToken cancellation)
    {
        var run = ClusterSimulation.Run(cluster, workload, null, cancellation);
        var asked = cluster.Slo is not { TtftNs: null, TpotNs: null, E2eNs: null };
        return new LeverMeasure(
            VariantReport.Of(run), withPeak && asked ? Headroom.Find(cluster, workload, cancellation) : null,
            Capacity.Sequences(cluster, [.. run.Requests]));
    }
}
