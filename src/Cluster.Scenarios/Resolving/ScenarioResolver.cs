using System.Collections.Immutable;
using Cluster.Engine.Requests;
using Cluster.Engine.Topology;
using Cluster.Engine.Units;
using Cluster.Scenarios.Catalogs;
using Cluster.Scenarios.Sections;
using Cluster.Scenarios.Workloads;

namespace Cluster.Scenarios.Resolving;

/// <summary>Names → things: catalog entries, cost models, memory plans, blocks, workloads.</summary>
public static class ScenarioResolver
{
    /// <summary>Each variant's cluster and workload.</summary>
    /// <exception cref="ScenarioException">Something does not fit; carries every reason.</exception>
    public static IReadOnlyList<ResolvedVariant> Resolve(Scenario scenario, Catalog catalog)
    {
        var errors = new List<ScenarioError>();
        var resolved = Resolve(scenario, catalog, errors);
        return errors.Count == 0 ? resolved : throw new ScenarioException(errors);
    }

    internal static IReadOnlyList<ResolvedVariant> Resolve(Scenario scenario, Catalog catalog, List<ScenarioError> errors)
    {
        ArgumentNullException.ThrowIfNull(scenario);
        ArgumentNullException.ThrowIfNull(catalog);
        var result = new List<ResolvedVariant>();
        foreach (var variant in scenario.Variants)
        {
            var cluster = ResolveCluster(variant, catalog);
            var workload = cluster is null || ModelsMatch(variant, cluster) ? ResolveWorkload(variant, cluster) : null;
            if (cluster is not null && workload is not null) result.Add(new ResolvedVariant(variant, cluster, workload));
        }

        return result;
    }

    /// <summary>In a cluster of several models every request must say which; none may ask for one that is not there.</summary>
    private static bool ModelsMatch(ScenarioVariant variant, ClusterSpec cluster)
    {
        var served = cluster.Instances.Select(i => i.Deployment.Model.Name).Distinct().Order(StringComparer.Ordinal).ToArray();
        var ok = true;
        foreach (var kind in variant.Workload.Classes)
        {
            var key = $"workload.classes.{kind.Name}.model";
            if (kind.Model is { } model && !served.Contains(model))
                Fail(key, $"No pool serves {model}.", $"Pools serve: {string.Join(", ", served)}.");
            else if (kind.Model is null && served.Length > 1)
                Fail(key, $"The cluster serves {served.Length} models; say which one '{kind.Name}' asks for.", $"Pools serve: {string.Join(", ", served)}.");
        }

        if (served.Length > 1 && variant.Workload.Classes.IsEmpty && variant.Workload.Trace is not { Format: TraceFormat.Jsonl })
            Fail("workload.classes", $"The cluster serves {served.Length} models ({string.Join(", ", served)}), and requests do not say which.", "Add 'classes' with a share and a model each.");
        return ok;

        void Fail(string key, string message, string next)
        {
            ok = false;
            variant.Places.Add(new ScenarioError(variant.Places.At(key), key, message) { Suggestion = next });
        }
    }

    private static ClusterSpec? ResolveCluster(ScenarioVariant variant, Catalog catalog)
    {
        var instances = ImmutableArray.CreateBuilder<InstanceSpec>();
        var ok = true;
        foreach (var pool in variant.Topology.Pools)
        {
            var resolved = PoolResolver.Resolve(variant, pool, catalog);
            ok &= resolved is not null;
            if (resolved is not null) instances.AddRange(resolved);
        }

        if (!ok) return null;
        return new ClusterSpec(
            variant.Name,
            instances.ToImmutable(),
            variant.Topology.Link is { } link ? catalog.Links[link] : null,
            Transfer(variant.Transfer, instances),
            new RouterSpec(variant.Router.Policy)
            {
                Dials = variant.Router.Dials,
                StalenessNs = variant.Router.StalenessNs,
                Index = variant.Router.Index,
                SpeculativeIndex = variant.Router.SpeculativeIndex,
                HistoryTtlNs = variant.Router.HistoryTtlNs,
                HistoryCapacityTokens = variant.Router.HistoryCapacityTokens,
                HistoryReachTokens = variant.Router.HistoryReachTokens,
                Replicas = variant.Router.Replicas,
                DecisionNs = variant.Router.DecisionNs,
            },
            new SloSpec(variant.Slo.TtftNs, variant.Slo.TpotNs, variant.Slo.E2eNs),
            variant.Seed)
        {
            FrontEnd = FrontEnd.Of(instances),
            FabricBytesPerSecond = variant.Topology.FabricBytesPerSecond,
            Autoscale = AutoscaleResolver.Resolve(variant),
            Faults = FaultResolver.Resolve(variant, instances.ToImmutable()),
        };
    }

    private static TransferSpec Transfer(TransferSection t, IReadOnlyCollection<InstanceSpec> instances) => new()
    {
        LayerwiseOverlap = t.Overlap,
        MissingOnly = t.MissingOnly,
        Conditional = t.Conditional is { } c ? new ConditionalDisaggregation(c.MaxUncachedTokens, c.MaxUncachedRatio) : null,
        HandOverSeconds = t.HandOverNs is { } ns ? Time.ToSeconds(ns) : TransferSpec.HandOverOf(instances),
        ExpiryNs = t.ExpiryNs,
    };

    private static Workload? ResolveWorkload(ScenarioVariant variant, ClusterSpec? cluster)
    {
        var section = variant.Workload;
        if (section.Trace is null) return WorkloadSource.Open(section, variant.Seed);
        try
        {
            var survey = TraceSurvey.Of(section);
            if (!Check(variant, section, survey, cluster)) return null;
            var stretch = section.Rate is { } rate && !WorkloadSource.DrawsArrivals(section) ? survey.Stretch(rate.PerSecond) : 1;
            return WorkloadSource.Open(section, variant.Seed, stretch);
        }
        catch (TraceException e)
        {
            variant.Places.Add(new ScenarioError(e.At, "workload.trace", e.Problem) { Value = e.Value });
        }
        catch (IOException e)
        {
            variant.Places.Add(new ScenarioError(variant.Places.At("workload.trace"), "workload.trace", e.Message));
        }

        return null;
    }

    private static bool Check(ScenarioVariant variant, WorkloadSection section, TraceSurvey survey, ClusterSpec? cluster)
    {
        var (key, problem, next) = survey switch
        {
            { Requests: 0 } when section.Trace?.Window is null => ("workload.trace", "The trace has no requests.", "Put at least one below its header."),
            { Requests: 0 } => ("workload.trace", "No request of the trace is inside the window.", "Widen 'workload.window'."),
            { Complete: true } when section.Requests > survey.Requests =>
                ("workload.requests", $"The trace has only {survey.Requests} requests in its window.", $"The nearest is {survey.Requests}."),
            { SpanNs: 0, Requests: > 1 } when section.Rate is not null && !WorkloadSource.DrawsArrivals(section) =>
                ("workload.rate", "All requests of the trace arrive at once, so it cannot be stretched to a rate.", "Add 'arrivals: poisson'."),
            _ => ("", "", ""),
        };
        if (key.Length > 0)
            variant.Places.Add(new ScenarioError(variant.Places.At(key), key, problem) { Suggestion = next });
        return key.Length == 0 && cluster is not null;
    }
}
