using System.Collections.Concurrent;
using Cluster.Engine.Cost;
using Cluster.Engine.Diagnosis;
using Cluster.Engine.Hardware;
using Cluster.Engine.Models;
using Cluster.Engine.Topology;
using Cluster.Scenarios;
using Cluster.Scenarios.Catalogs;
using Cluster.Simulator.Recording;
using Cluster.Simulator.Reporting;

namespace Cluster.Simulator.Lessons;

/// <summary>What lessons are tried on: their scenarios in virtual time, and single steps of single instances.</summary>
public sealed class LessonBench(Catalog catalog)
{
    private readonly ConcurrentDictionary<(string, string), Lazy<RunRecord>> _runs = new();

    public Catalog Catalog => catalog;

    /// <summary>A variant of a lesson's scenario.</summary>
    /// <param name="variant">A key under <c>compare</c>, or empty for the scenario's own cluster.</param>
    public ResolvedVariant Variant(string scenario, string variant = "")
    {
        var name = $"lessons/{scenario}";
        using var stream = typeof(LessonBench).Assembly.GetManifestResourceStream(name) ?? throw new ArgumentException($"No scenario '{name}'.", nameof(scenario));
        using var reader = new StreamReader(stream);
        return new ScenarioSource(reader.ReadToEnd(), $"{name}.yaml", []) { Only = variant }.Read(catalog).OrThrow().Variants[0];
    }

    /// <summary>A variant, run once however often it is asked for.</summary>
    public RunRecord Record(string scenario, string variant = "") => _runs.GetOrAdd((scenario, variant), key => new Lazy<RunRecord>(() =>
    {
        var resolved = Variant(key.Item1, key.Item2);
        return ClusterSimulation.Run(resolved.Cluster, resolved.Workload);
    })).Value;

    public VariantReport Run(string scenario, string variant = "") => VariantReport.Of(Record(scenario, variant));

    /// <summary>The tally of all instances that decode.</summary>
    public WallTally Walls(string scenario, string variant = "")
    {
        var tally = new WallTally();
        foreach (var instance in Record(scenario, variant).Instances.Where(i => i.Role != InstanceRole.Prefill)) tally.Add(instance.Walls);
        return tally;
    }

    public Deployment Deployment(
        string model, NumberFormat weights = NumberFormat.Bf16, NumberFormat kv = NumberFormat.Bf16, Parallelism? split = null, string gpu = "h100-sxm") =>
        new(catalog.Models[model], catalog.Gpus[gpu], split ?? new Parallelism(), weights, kv) { Engine = catalog.Engines["vllm"] };

    /// <summary>Where the deployment's HBM goes under the engine's own limits.</summary>
    public static MemoryPlan Memory(Deployment deployment)
    {
        ArgumentNullException.ThrowIfNull(deployment);
        return MemoryPlanner.Plan(deployment, Catalog.DefaultScheduler(deployment.Engine, deployment.Gpu), deployment.Engine.GpuMemoryUtilization);
    }

    /// <summary>A decode step of <paramref name="sequences"/> with <paramref name="context"/> tokens each, whether or not they fit.</summary>
    public static StepCost Decode(Deployment deployment, int sequences, long context, int tokensPerSequence = 1)
    {
        var model = new StepCostModel(deployment);
        return model.Evaluate(new StepShape
        {
            DecodeSequences = sequences,
            DecodeTokensPerSequence = tokensPerSequence,
            DecodeContextTokens = sequences * context,
            DecodeBoundedContextTokens = sequences * Math.Min(context, model.BoundedContextTokens),
            SampledSequences = sequences,
        });
    }

    /// <summary>A step that computes one whole prompt.</summary>
    public static StepCost Prefill(Deployment deployment, long tokens)
    {
        var model = new StepCostModel(deployment);
        var pairs = tokens * (tokens + 1) / 2;
        return model.Evaluate(new StepShape
        {
            PrefillSequences = 1,
            PrefillTokens = tokens,
            PrefillPairs = pairs,
            PrefillBoundedPairs = Math.Min(pairs, tokens * Math.Min(tokens, model.BoundedContextTokens)),
            PrefillContextTokens = tokens,
            SampledSequences = 1,
        });
    }

    /// <summary>Seconds per token of the GPU's own work, host time and kernel floors left out.</summary>
    public static double GpuSeconds(in StepCost cost) => cost.ComputeSeconds + cost.BandwidthSeconds + cost.NetworkSeconds;
}
