using System.Globalization;
using Cluster.Engine.Hardware;
using Cluster.Engine.Models;
using Cluster.Engine.Topology;
using Cluster.Scenarios;
using Cluster.Scenarios.Catalogs;
using Cluster.Scenarios.Sections;
using Cluster.Simulator.Diagnosing;

namespace Cluster.Simulator.Levers;

/// <summary>What a lever may look at: the scenario as resolved, and how it ran.</summary>
public sealed record LeverContext(ResolvedVariant Resolved, Catalog Catalog, ClusterDiagnosis Diagnosis)
{
    public IReadOnlyList<PoolSection> Pools => Resolved.Variant.Topology.Pools;

    public bool IsDisaggregated => Resolved.Cluster.IsDisaggregated;

    /// <summary>Mean length of a request with half of its answer: what a decode step reads of it.</summary>
    public double MeanContextTokens => Diagnosis.Run.Requests.Count == 0 ? 0 : Diagnosis.Run.Requests.Average(r => r.InputTokens + (r.OutputTokens / 2.0));

    public ModelArchitecture Model => Resolved.Cluster.Instances[0].Deployment.Model;

    public PoolSection? Pool(InstanceRole role) => Pools.FirstOrDefault(p => p.Role == role);

    /// <summary>An instance of the pool, for what its settings came to.</summary>
    public InstanceSpec InstanceOf(PoolSection pool) => Resolved.Cluster.Instances.First(i => i.Pool == pool.Name);

    /// <summary>The same keys in every pool.</summary>
    public LeverChange InEveryPool(params (string Key, string Value)[] settings) => InPools(_ => settings);

    /// <summary>Each pool's own keys.</summary>
    public LeverChange InPools(Func<PoolSection, IEnumerable<(string Key, string Value)>> settings) =>
        new LeverChange.Settings([.. Pools.SelectMany(p => settings(p).Select(s => new ScenarioOverride($"{PathOf(p)}.{s.Key}", s.Value, "lever")))]);

    /// <summary>Keys of the scenario itself.</summary>
    public static LeverChange Set(params (string Path, string Value)[] settings) =>
        new LeverChange.Settings([.. settings.Select(s => new ScenarioOverride(s.Path, s.Value, "lever"))]);

    public static LeverChange No(string because) => new LeverChange.NotApplicable(because);

    /// <summary>True when any instance's scheduler, cache or deployment says so.</summary>
    public bool Any(Func<InstanceSpec, bool> says) => Resolved.Cluster.Instances.Any(says);

    public static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);

    /// <summary>A pool's split over GPUs and how many instances it has, as settings.</summary>
    public static IEnumerable<(string Key, string Value)> Split(Parallelism p, int instances) =>
        [("tp", Number(p.Tp)), ("pp", Number(p.Pp)), ("dp", Number(p.Dp)), ("ep", Number(p.Ep)), ("instances", Number(instances))];

    private static string PathOf(PoolSection pool) =>
        pool.Name is "prefill" or "decode" or "aggregated" ? $"topology.{pool.Name}" : $"topology.pools.{pool.Name}";
}
