using System.Globalization;
using Cluster.Engine.Cost;
using Cluster.Engine.Models;
using Cluster.Engine.Topology;
using Cluster.Scenarios.Reading;
using Cluster.Scenarios.Sections;

namespace Cluster.Scenarios.Resolving;

/// <summary>One pool → its instances, or the reasons why it cannot be built, with the numbers.</summary>
internal static class PoolResolver
{
    private const double GiB = 1024.0 * 1024 * 1024;

    public static IReadOnlyList<InstanceSpec>? Resolve(ScenarioVariant variant, PoolSection pool, ScenarioCatalog catalog)
    {
        if (!catalog.Models.TryGetValue(pool.Model, out var model) || !catalog.Gpus.TryGetValue(pool.Gpu, out var gpu)) return null;
        if (!catalog.Engines.TryGetValue(pool.Engine.Profile, out var profile)) return null;
        if (!DegreesDivide(variant, pool, model)) return null;
        var engine = EngineDefaults.Resolve(pool.Engine, gpu);
        var deployment = new Deployment(model, gpu, pool.Parallelism, pool.Weights, pool.Kv) { Engine = profile };
        DeploymentPrice price;
        try
        {
            price = catalog.Price(deployment, pool.Engine.Profile,
                new EngineLimits(engine.Scheduler.MaxNumBatchedTokens, engine.Scheduler.MaxNumSeqs, engine.GpuMemoryUtilization));
        }
        catch (ArgumentException e)
        {
            Add(variant, pool, "", e.Message);
            return null;
        }

        var blocks = Blocks(variant, pool, engine, price.Memory);
        if (blocks is null) return null;
        var kv = new KvCacheSpec(engine.BlockSize, blocks.Value)
        {
            EnablePrefixCaching = engine.EnablePrefixCaching,
            ContiguousReservation = engine.ContiguousReservation,
        };
        return [.. Enumerable.Range(0, pool.Instances).Select(i =>
            new InstanceSpec($"{pool.Name}-{i}", pool.Name, pool.Role, deployment, engine.Scheduler, kv, price.Cost, price.Memory))];
    }

    private static bool DegreesDivide(ScenarioVariant variant, PoolSection pool, ModelArchitecture model)
    {
        var p = pool.Parallelism;
        var heads = model.Layers.Select(g => g.Attention?.QueryHeads ?? g.Mla?.QueryHeads ?? 0).FirstOrDefault(h => h > 0);
        if (heads > 0 && heads % p.Tp != 0)
        {
            var divisors = Divisors(heads);
            var nearest = divisors.MinBy(d => Math.Abs(d - p.Tp));
            Add(variant, pool, "tp", $"{p.Tp} does not divide the {heads} query heads of {model.Name}.",
                p.Tp.ToString(CultureInfo.InvariantCulture), string.Join(", ", divisors.Where(d => d <= 64)), $"The nearest is {nearest}.");
            return false;
        }

        if (p.Pp > model.LayerCount)
        {
            Add(variant, pool, "pp", $"{p.Pp} stages are more than the {model.LayerCount} layers of {model.Name}.",
                p.Pp.ToString(CultureInfo.InvariantCulture), $"1 … {model.LayerCount}");
            return false;
        }

        return true;
    }

    private static long? Blocks(ScenarioVariant variant, PoolSection pool, ResolvedEngine engine, MemoryPlan memory)
    {
        if (memory.KvBytes <= 0)
        {
            Add(variant, pool, "", DoesNotFit(pool, memory), null, null,
                "Raise tp or pp, choose a smaller weight format, or a GPU with more memory.");
            return null;
        }

        var tokens = memory.KvTokens;
        var blocks = pool.Engine.NumGpuBlocksOverride ?? (tokens == long.MaxValue ? long.MaxValue / engine.BlockSize : tokens / engine.BlockSize);
        if (blocks > 0) return Math.Min(blocks, int.MaxValue);
        Add(variant, pool, "", $"Only {tokens} tokens of KV fit beside {pool.Model}, less than one block of {engine.BlockSize}.",
            null, null, "Raise tp or pp, or choose a smaller weight format.");
        return null;
    }

    private static string DoesNotFit(PoolSection pool, MemoryPlan m) => string.Create(CultureInfo.InvariantCulture,
        $"{pool.Model} in {FormatNames.Name(pool.Weights)} does not fit {pool.Gpu} at tp {pool.Parallelism.Tp}, pp {pool.Parallelism.Pp}: weights {m.WeightBytes / GiB:0.0} GiB + activations {m.ActivationBytes / GiB:0.0} GiB + graphs {m.GraphBytes / GiB:0.0} GiB leave nothing of {m.UsableBytes / GiB:0.0} GiB per GPU for KV.");

    private static void Add(
        ScenarioVariant variant, PoolSection pool, string key, string message, string? value = null, string? allowed = null, string? next = null)
    {
        var path = key.Length == 0 ? pool.Path : $"{pool.Path}.{key}";
        variant.Places.Add(new ScenarioError(variant.Places.At(path), path, message) { Value = value, Allowed = allowed, Suggestion = next });
    }

    private static List<int> Divisors(int number) => [.. Enumerable.Range(1, number).Where(d => number % d == 0)];
}
