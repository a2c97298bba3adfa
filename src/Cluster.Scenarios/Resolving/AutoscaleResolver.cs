using System.Globalization;
using Cluster.Engine.Autoscaling;
using Cluster.Engine.Policies;

namespace Cluster.Scenarios.Resolving;

/// <summary>Matches the pools that scale with those there are.</summary>
internal static class AutoscaleResolver
{
    public static AutoscaleSpec? Resolve(ScenarioVariant variant)
    {
        if (variant.Autoscale is not { } section) return null;
        var pools = variant.Topology.Pools;
        foreach (var (name, min, max) in section.Pools)
        {
            var key = $"autoscale.pools.{name}";
            if (pools.FirstOrDefault(p => p.Name == name) is not { } pool)
            {
                string[] names = [.. pools.Select(p => p.Name)];
                variant.Places.Add(new ScenarioError(variant.Places.At(key), key, $"No pool is called '{name}'.")
                {
                    Allowed = string.Join(", ", names),
                    Suggestion = NearestName.Question(name, names),
                });
            }
            else if (pool.Instances < min || pool.Instances > max)
            {
                variant.Places.Add(new ScenarioError(variant.Places.At(key), key, $"The pool begins with {pool.Instances} instances, outside its bounds.")
                {
                    Value = pool.Instances.ToString(CultureInfo.InvariantCulture),
                    Allowed = $"{min} … {max}",
                    Suggestion = $"Set its 'instances' to {Math.Clamp(pool.Instances, min, max)}, or widen the bounds.",
                });
            }
        }

        return section.Planner with
        {
            Pools = [.. section.Pools.Select(p => new PoolScale(p.Pool, p.Min, p.Max, pools.FirstOrDefault(s => s.Name == p.Pool)?.Instances ?? p.Min))],
        };
    }

    /// <summary>Instances that a pool may come to have.</summary>
    public static int Most(ScenarioVariant variant, string pool, int instances) =>
        variant.Autoscale is null ? instances : variant.Autoscale.Pools.Where(p => p.Pool == pool).Select(p => p.Max).Append(instances).Max();
}
