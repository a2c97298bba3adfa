using System.Collections.Immutable;
using System.Globalization;
using System.Text.RegularExpressions;
using Cluster.Engine.Hardware;
using Cluster.Engine.Models;
using Cluster.Engine.Topology;
using Cluster.Scenarios.Catalogs;
using Cluster.Scenarios.Sections;
using Cluster.Scenarios.Yaml;

namespace Cluster.Scenarios.Reading;

/// <summary>Reads <c>topology</c>: pools by role, by name, or by a shape such as 2P2D.</summary>
internal static partial class TopologyReader
{
    private const string ShapeForm = "'xPyD', e.g. 2P2D, or 'nA' for n aggregated instances, e.g. 4A, or both";

    /// <param name="inherited">What pools take from the scenario when they say nothing.</param>
    public static TopologySection? Read(SectionReader? r, PoolDefaults inherited, Catalog catalog)
    {
        if (r is null) return null;
        var shape = ReadShape(r);
        var defaults = inherited with
        {
            Gpu = r.Gpu(catalog, "GPU of every pool that names none."),
            Parallelism = ReadDegrees(r, new Parallelism()),
        };
        var pools = ImmutableArray.CreateBuilder<PoolSection>();
        foreach (var (key, role, about) in new[]
        {
            ("prefill", InstanceRole.Prefill, "Instances that compute prompts and hand their KV on."),
            ("decode", InstanceRole.Decode, "Instances that receive KV and generate."),
            ("aggregated", InstanceRole.Aggregated, "Instances that do both."),
        })
        {
            var section = r.Section(key, about);
            var counted = shape.GetValueOrDefault(role);
            if (section is null && counted == 0) continue;
            if (ReadPool(section, r, key, role, defaults, counted, catalog) is { } pool) pools.Add(pool);
        }

        pools.AddRange(ReadNamedPools(r, defaults, catalog));
        var link = r.Choice("link", "Link of the catalog that carries KV between instances.", [.. catalog.Links.Keys], open: true);
        var fabric = r.BytesPerSecond("fabric_bandwidth", "What all transfers over the link share, e.g. an oversubscribed spine. Default: ports are all that bounds them.");
        CheckWhole(r, pools, link);
        r.RejectUnknownKeys();
        return new TopologySection(pools.ToImmutable(), link) { FabricBytesPerSecond = fabric };
    }

    private static IEnumerable<PoolSection> ReadNamedPools(SectionReader r, PoolDefaults defaults, Catalog catalog)
    {
        var pools = r.Section("pools", "Further pools by name, each with its role.");
        if (pools is null) yield break;
        if (pools.Context.Describing) pools.Schema["additionalProperties"] = DescribeNamedPool(defaults, catalog);
        foreach (var name in pools.WrittenKeys)
        {
            var section = pools.Section(name, "");
            if (section is null) continue;
            var role = section.Choice("role", "What its instances do.", ["prefill", "decode", "aggregated"]);
            if (role is null && !section.Has("role"))
                section.Error("role", "A pool under 'pools' needs a role.", null, "prefill, decode, aggregated");
            var parsed = role is null ? InstanceRole.Aggregated : Enum.Parse<InstanceRole>(role, ignoreCase: true);
            if (ReadPool(section, r, name, parsed, defaults, 0, catalog) is { } pool) yield return pool;
        }
    }

    private static System.Text.Json.Nodes.JsonObject DescribeNamedPool(PoolDefaults defaults, Catalog catalog)
    {
        var section = new SectionReader(new ReadContext("", []) { Describing = true }, null, "");
        section.Choice("role", "What its instances do.", ["prefill", "decode", "aggregated"]);
        ReadPool(section, section, "pool", InstanceRole.Aggregated, defaults, 1, catalog);
        return section.Schema;
    }

    private static PoolSection? ReadPool(
        SectionReader? r, SectionReader topology, string name, InstanceRole role, PoolDefaults defaults, int counted, Catalog catalog)
    {
        var gpu = r?.Gpu(catalog, "GPU of the catalog.") ?? defaults.Gpu;
        var instances = r?.Int("instances", "How many instances. Default 1.", 1, 100_000);
        var model = r?.Model(catalog, "Model of the catalog. Default: the scenario's.") ?? defaults.Model;
        var engineKeys = r?.Section("engine", "Engine settings of this pool, laid over the scenario's.");
        var pool = new PoolSection
        {
            Name = name,
            Role = role,
            Instances = instances ?? (counted > 0 ? counted : 1),
            Gpu = gpu ?? "",
            Parallelism = ReadParallelism(r, topology, defaults.Parallelism),
            Model = model ?? "",
            Weights = r?.Format("weights", "How weights are stored. Default: the scenario's.") ?? defaults.Weights,
            ExpertWeights = r?.Format("expert_weights", "How routed experts are stored. Default: the scenario's.") ?? defaults.ExpertWeights,
            Kv = r?.Format("kv", "How KV is stored. Default: the scenario's.") ?? defaults.Kv,
            Engine = defaults.Engine(engineKeys),
            Path = r?.Path ?? topology.Path,
        };
        var at = r ?? topology;
        if (gpu is null && !at.Has("gpu") && !topology.Has("gpu"))
            at.Error("gpu", $"Pool '{name}' needs a GPU.", null, string.Join(", ", catalog.Gpus.Keys));
        if (instances is not null && counted > 0 && instances != counted)
            at.Error("instances", $"The shape says {counted}, this says {instances}; write one of them.");
        r?.RejectUnknownKeys();
        return gpu is null || model is null ? null : pool;
    }

    private static Parallelism ReadDegrees(SectionReader r, Parallelism defaults) => new(
        r.Int("tp", "Tensor-parallel ranks. Default 1.", 1, 1024) ?? defaults.Tp,
        r.Int("pp", "Pipeline stages. Default 1.", 1, 1024) ?? defaults.Pp,
        r.Int("dp", "Data-parallel attention replicas inside an instance. Default 1.", 1, 1024) ?? defaults.Dp,
        r.Int("ep", "Expert-parallel ranks; divides tp·dp. Default 1.", 1, 1024) ?? defaults.Ep);

    /// <summary>Degrees are held against each other per pool: what the topology says for all may be completed by what a pool says for itself.</summary>
    private static Parallelism ReadParallelism(SectionReader? r, SectionReader topology, Parallelism defaults)
    {
        var p = r is null ? defaults : ReadDegrees(r, defaults);
        if (p.Tp * p.Dp % p.Ep == 0) return p;
        var at = r is not null && (r.Has("tp") || r.Has("dp") || r.Has("ep")) ? r : topology;
        var divisors = string.Join(", ", Enumerable.Range(1, p.Tp * p.Dp).Where(e => p.Tp * p.Dp % e == 0));
        at.Error("ep", $"{p.Ep} does not divide tp·dp = {p.Tp * p.Dp}.", p.Ep.ToString(CultureInfo.InvariantCulture), divisors);
        return p with { Ep = 1 };
    }

    private static Dictionary<InstanceRole, int> ReadShape(SectionReader r)
    {
        var result = new Dictionary<InstanceRole, int>();
        var text = r.Text("shape", $"Instances by role: {ShapeForm}. Short for 'prefill: {{ instances: 2 }}' and so on.");
        if (text is null) return result;
        var match = Shapes().Match(text);
        if (!match.Success || text.Length == 0)
        {
            r.Error("shape", $"'{text}' is not a shape.", text, ShapeForm);
            return result;
        }

        foreach (var (group, role) in new[] { ("p", InstanceRole.Prefill), ("d", InstanceRole.Decode), ("a", InstanceRole.Aggregated) })
        {
            if (match.Groups[group].Success && int.TryParse(match.Groups[group].Value, CultureInfo.InvariantCulture, out var count) && count > 0)
                result[role] = count;
        }

        if (result.Count == 0) r.Error("shape", $"'{text}' has no instances.", text, ShapeForm);
        return result;
    }

    /// <summary>Pools and their instances as a shape counts them; empty where it is none.</summary>
    internal static IReadOnlyList<(string Pool, string Count)> CountsOf(string shape)
    {
        var match = Shapes().Match(shape);
        return [.. new[] { ("p", "prefill"), ("d", "decode"), ("a", "aggregated") }
            .Where(g => match.Groups[g.Item1].Success && match.Groups[g.Item1].Value.TrimStart('0').Length > 0).Select(g => (g.Item2, match.Groups[g.Item1].Value))];
    }

    private static void CheckWhole(SectionReader r, ImmutableArray<PoolSection>.Builder pools, string? link)
    {
        if (r.Context.Describing) return;
        var (prefill, decode) = (r.Has("prefill") || pools.Any(p => p.Role == InstanceRole.Prefill), r.Has("decode") || pools.Any(p => p.Role == InstanceRole.Decode));
        if (prefill != decode)
        {
            r.Error(prefill ? "prefill" : "decode", prefill ? "Prefill instances need decode instances to hand their KV to." : "Decode instances need prefill instances.",
                null, null, $"Add '{(prefill ? "decode" : "prefill")}: {{ instances: 1, … }}', or use 'aggregated'.");
        }
        else if (prefill && link is null && !r.Has("link"))
        {
            r.Error("link", "Disaggregated instances need a link to carry KV.", null, null, "Add e.g. 'link: ib-ndr-400x4'.");
        }
        else if (!prefill && pools.Count == 0 && !r.Has("aggregated") && !r.Has("pools") && !r.Has("shape"))
        {
            r.Error("", "There are no instances.", null, null, "Write 'prefill' and 'decode', or 'aggregated', or e.g. 'shape: 2P2D'.");
        }
    }

    [GeneratedRegex("^(?:(?<p>[0-9]{1,6})P)?(?:(?<d>[0-9]{1,6})D)?(?:(?<a>[0-9]{1,6})A)?$", RegexOptions.IgnoreCase)]
    private static partial Regex Shapes();
}

/// <summary>What a pool takes from its scenario when it says nothing.</summary>
/// <param name="Engine">Lays the pool's engine keys over the scenario's and reads the result.</param>
internal sealed record PoolDefaults(
    string? Model,
    NumberFormat Weights,
    NumberFormat? ExpertWeights,
    NumberFormat Kv,
    Func<SectionReader?, EngineSection> Engine)
{
    public string? Gpu { get; init; }

    public Parallelism Parallelism { get; init; } = new();
}
