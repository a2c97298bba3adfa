using System.Collections.Immutable;
using Cluster.Engine.Autoscaling;
using Cluster.Scenarios.Sections;
using Cluster.Scenarios.Yaml;

namespace Cluster.Scenarios.Reading;

/// <summary>Reads <c>autoscale</c>: which pools scale, within which bounds, and how the planner decides.</summary>
internal static class AutoscaleReader
{
    public static AutoscaleSection? Read(SectionReader? r)
    {
        if (r is null) return null;
        var defaults = new AutoscaleSpec();
        var predictor = r.Choice("predictor", "How the load of the next throughput interval is guessed. Default constant: like the last.", PolicyNames.Predictors) ?? defaults.Predictor;
        var planner = new AutoscaleSpec
        {
            Predictor = predictor,
            Dials = PolicyNames.ReadDials(r.Section("dials", "Numbers the predictor is tuned by."), PolicyNames.PredictorDials(predictor)),
            ThroughputIntervalNs = r.DurationNs("throughput_interval", "How often predicted load sets the floor. Default 180s (Dynamo).", 1_000_000) ?? defaults.ThroughputIntervalNs,
            LoadIntervalNs = r.DurationNs("load_interval", "How often pools may step by one. Default 5s (Dynamo).", 1_000_000) ?? defaults.LoadIntervalNs,
            ProvisioningNs = r.DurationNs("provisioning", "From the decision to a new instance's first request. Default 60s.") ?? defaults.ProvisioningNs,
            GpuBudget = r.Int("gpu_budget", "GPUs over all pools, scaled or not. Default: no limit.", 1, int.MaxValue) ?? defaults.GpuBudget,
            MissTolerance = r.Number("miss_tolerance", "Share of an interval's requests that may miss an objective before pools grow. Default 0.1.", 0, 1) ?? defaults.MissTolerance,
            Relaxed = r.Number("relaxed", "Pools shrink while the worst request stays below this share of the objectives. Default 0.5.", 0, 1) ?? defaults.Relaxed,
        };
        var pools = ReadPools(r.Section("pools", "Bounds by pool: prefill, decode, aggregated, or a name under topology.pools."));
        if (!r.Context.Describing && pools.IsEmpty) r.Error("pools", "Which pools scale?", null, null, "Add e.g. 'pools: { decode: { min: 1, max: 4 } }'.");
        r.RejectUnknownKeys();
        return new AutoscaleSection { Pools = pools, Planner = planner };
    }

    private static ImmutableArray<(string, int, int)> ReadPools(SectionReader? r)
    {
        if (r is null) return [];
        if (r.Context.Describing)
        {
            var described = new SectionReader(r.Context, null, "");
            ReadBounds(described, "");
            r.Schema["additionalProperties"] = described.Schema;
        }

        return [.. r.WrittenKeys.Select(name => r.Section(name, "") is { } section ? ReadBounds(section, name) : default).Where(p => p.Item1 is not null)];
    }

    private static (string, int, int) ReadBounds(SectionReader r, string name)
    {
        var min = r.Int("min", "Fewest instances. Default 1.", 1, 100_000) ?? 1;
        var max = r.Needed("max", r.Int("max", "Most instances.", 1, 100_000), "4") ?? min;
        if (max < min) r.Error("max", $"max {max} is below min {min}.", null, $"{min} or more");
        r.RejectUnknownKeys();
        return (name, min, max);
    }
}
