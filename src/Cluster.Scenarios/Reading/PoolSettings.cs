using Cluster.Engine.Topology;
using Cluster.Scenarios.Yaml;

namespace Cluster.Scenarios.Reading;

/// <summary>
/// Settings of one pool from outside the file, e.g. <c>topology.prefill.instances</c>: which variants they concern, and what
/// becomes of a shape that says something else.
/// </summary>
internal static class PoolSettings
{
    private const string EveryPool = "topology.*.";

    private static readonly string[] Roles = [.. Enum.GetNames<InstanceRole>().Select(n => n.ToLowerInvariant())];

    /// <summary>The pool that a path lies in: a role, or a name under <c>pools</c>; null for all other keys.</summary>
    public static string? PoolOf(string path) => path.Split('.') switch
    {
        ["topology", "pools", var name, _, ..] => $"pools.{name}",
        ["topology", var role, _, ..] when Roles.Contains(role) => role,
        _ => null,
    };

    /// <summary>Whether the variant has this pool, written out or in its shape.</summary>
    public static bool Has(MapNode variant, string pool)
    {
        if (variant.Find("topology")?.Value is not MapNode topology) return false;
        if (pool.StartsWith("pools.", StringComparison.Ordinal)) return (topology.Find("pools")?.Value as MapNode)?.Find(pool["pools.".Length..]) is not null;
        return topology.Find(pool) is not null || Shape(topology).Any(s => s.Pool == pool);
    }

    /// <summary>A setting of <c>topology.*</c> is one of every pool that the variant has.</summary>
    public static IEnumerable<ScenarioOverride> Spread(MapNode variant, ScenarioOverride change)
    {
        if (!change.Path.StartsWith(EveryPool, StringComparison.Ordinal)) return [change];
        var named = ((variant.Find("topology")?.Value as MapNode)?.Find("pools")?.Value as MapNode)?.Entries.Select(e => $"pools.{e.Key}") ?? [];
        var key = change.Path[EveryPool.Length..];
        return Roles.Concat(named).Where(pool => Has(variant, pool)).Select(pool => change with { Path = $"topology.{pool}.{key}" });
    }

    /// <summary>A number of instances wins over the shape that counted them: the shape is written out, pool by pool.</summary>
    public static MapNode SpellShape(MapNode variant, string path)
    {
        if (PoolOf(path) is null || !path.EndsWith(".instances", StringComparison.Ordinal)) return variant;
        if (variant.Find("topology")?.Value is not MapNode topology || topology.Find("shape") is not { } shape) return variant;
        var spelled = topology;
        foreach (var (pool, count) in Shape(topology))
            if ((spelled.Find(pool)?.Value as MapNode)?.Find("instances") is null) spelled = YamlMerge.Set(spelled, $"{pool}.instances", new ScalarNode(shape.Value.At, count, false));
        // A shape that says nothing is an error of its own: it stays, to be told.
        return Shape(topology).Count == 0 ? variant : YamlMerge.Set(variant, "topology", spelled.Without("shape"));
    }

    private static IReadOnlyList<(string Pool, string Count)> Shape(MapNode topology) =>
        topology.Find("shape")?.Value is ScalarNode { Text: var text } ? TopologyReader.CountsOf(text) : [];
}
