using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Cluster.Engine.Policies;
using Cluster.Scenarios.Yaml;

namespace Cluster.Scenarios;

/// <summary>The policies a scenario may name and their dials, straight from the engine's registries.</summary>
internal static class PolicyNames
{
    public static IReadOnlyCollection<string> Routers { get; } = [.. Engine.Routing.Routers.Registry.All.Select(p => p.Name)];

    public static IReadOnlyCollection<string> Schedulers { get; } = [.. Engine.Scheduling.Schedulers.Registry.All.Select(p => p.Name)];

    public static IReadOnlyCollection<string> Evictions { get; } = [.. Engine.KvCache.Eviction.Evictions.Registry.All.Select(p => p.Name)];

    public static IReadOnlyCollection<string> Predictors { get; } = [.. Engine.Autoscaling.Prediction.Predictors.Registry.All.Select(p => p.Name)];

    public static IReadOnlyList<Dial> PredictorDials(string policy) => Engine.Autoscaling.Prediction.Predictors.Registry.TryGet(policy, out var p) ? p.Dials : [];

    public static IReadOnlyList<Dial> RouterDials(string policy) => Engine.Routing.Routers.Registry.TryGet(policy, out var p) ? p.Dials : [];

    public static IReadOnlyList<Dial> SchedulerDials(string policy) => Engine.Scheduling.Schedulers.Registry.TryGet(policy, out var p) ? p.Dials : [];

    /// <summary>Values for a policy's dials; a dial the policy lacks, or a value out of its range, is an error.</summary>
    public static ImmutableSortedDictionary<string, double> ReadDials(SectionReader? r, IReadOnlyList<Dial> dials)
    {
        var values = ImmutableSortedDictionary.CreateBuilder<string, double>(StringComparer.Ordinal);
        if (r is null) return values.ToImmutable();
        if (r.Context.Describing) r.Schema["additionalProperties"] = new JsonObject { ["type"] = "number" };
        foreach (var dial in dials)
        {
            if (r.Number(dial.Name, dial.Meaning, dial.Min, dial.Max) is { } value) values[dial.Name] = value;
        }

        r.RejectUnknownKeys();
        return values.ToImmutable();
    }
}
