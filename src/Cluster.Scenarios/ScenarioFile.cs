using System.Collections.Immutable;
using Cluster.Engine.Policies;
using Cluster.Engine.Requests;
using Cluster.Engine.Topology;
using Cluster.Scenarios.Catalogs;
using Cluster.Scenarios.Reading;
using Cluster.Scenarios.Resolving;
using Cluster.Scenarios.Yaml;

namespace Cluster.Scenarios;

/// <summary>A value set from outside the file, e.g. by <c>--set topology.prefill.tp=8</c>; wins over the file in every variant, one of a pool in those that have the pool.</summary>
/// <param name="Path">Full path of the key.</param>
/// <param name="Value">As it would be written in the file, YAML included: <c>4/s</c>, <c>{ constant: 3 }</c>; <c>null</c>: the key is not there.</param>
/// <param name="Origin">Shown in errors, e.g. <c>--set</c> or <c>--tp</c>.</param>
public sealed record ScenarioOverride(string Path, string Value, string Origin = "--set");

/// <summary>One variant, ready to run.</summary>
/// <param name="Variant">As written, defaults filled in.</param>
/// <param name="Cluster">Instances with their cost models, link, router.</param>
/// <param name="Workload">What arrives and when; enumerable again and again.</param>
public sealed record ResolvedVariant(ScenarioVariant Variant, ClusterSpec Cluster, Workload Workload);

/// <summary>What came of reading a scenario: everything, or every error.</summary>
/// <param name="Scenario">Null when there are errors.</param>
/// <param name="Variants">Resolved, in the scenario's order; empty when there are errors.</param>
public sealed record ScenarioResult(Scenario? Scenario, IReadOnlyList<ResolvedVariant> Variants, IReadOnlyList<ScenarioError> Errors)
{
    public bool Ok => Errors.Count == 0;

    /// <exception cref="ScenarioException">There are errors.</exception>
    public ScenarioResult OrThrow() => Ok ? this : throw new ScenarioException(Errors);
}

/// <summary>Reads scenario files: strictly, wholly, with every error at once.</summary>
public static class ScenarioFile
{
    /// <summary>Replaced whole by a variant: half of one topology in another means nothing.</summary>
    private static readonly HashSet<string> Whole = ["topology", "workload.rate", "workload.synthetic", "router.dials"];

    private static readonly IReadOnlyList<IReadOnlyList<string>> Exclusive = [WorkloadReader.Sources];

    /// <summary>Reads and resolves a file. A missing or unreadable file is an error in the result, not an exception.</summary>
    public static ScenarioResult Load(string path, Catalog catalog, IReadOnlyList<ScenarioOverride>? overrides = null)
    {
        ArgumentNullException.ThrowIfNull(path);
        try
        {
            return Parse(File.ReadAllText(path), catalog, path, overrides);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            var folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
            // The name alone is what people try first, from a folder that keeps its scenarios in one of that name.
            string[] others = [.. FilesOf(folder), .. FilesOf(Path.Combine(folder, "scenarios")).Select(name => $"scenarios/{name}")];
            var isFolder = Directory.Exists(path);
            var message = isFolder ? "This is a folder." : e is FileNotFoundException or DirectoryNotFoundException ? "There is no such file." : e.Message;
            return new ScenarioResult(null, [], [new ScenarioError(new SourceLocation(path, 0, 0), "", message)
            {
                Suggestion = isFolder ? "Name a scenario file in it, e.g. scenarios/quickstart.yaml." : NearestName.Question(Path.GetFileName(path), others),
            }]);
        }
    }

    private static IEnumerable<string> FilesOf(string folder) =>
        Directory.Exists(folder) ? Directory.EnumerateFiles(folder, "*.yaml").Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal) : [];

    /// <summary>Reads and resolves text.</summary>
    /// <param name="file">Named in errors; trace paths are relative to its folder.</param>
    /// <param name="only">Read this variant alone: a key under <c>compare</c>, or empty for the file's own cluster. Null: all of them.</param>
    public static ScenarioResult Parse(
        string text, Catalog catalog, string file = "scenario.yaml", IReadOnlyList<ScenarioOverride>? overrides = null, string? only = null)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        var errors = new List<ScenarioError>();
        var root = YamlText.Parse(text, file, errors);
        return root is null ? new ScenarioResult(null, [], errors) : Read(root, catalog, file, overrides ?? [], errors, only);
    }

    /// <summary>A scenario from overrides alone: shorthand flags instead of a file.</summary>
    public static ScenarioResult FromFlags(IReadOnlyList<ScenarioOverride> flags, Catalog catalog)
    {
        ArgumentNullException.ThrowIfNull(flags);
        return Read(new MapNode(new SourceLocation("command line", 0, 0), []), catalog, "command line", flags, []);
    }

    private static ScenarioResult Read(
        MapNode root, Catalog catalog, string file, IReadOnlyList<ScenarioOverride> overrides, List<ScenarioError> errors,
        string? only = null)
    {
        var directory = file == "command line" ? "" : Path.GetDirectoryName(file) ?? "";
        var top = new SectionReader(new ReadContext(file, errors) { Directory = directory }, root, "");
        var name = top.Text("name", "") ?? Path.GetFileNameWithoutExtension(file);
        var compare = top.Section("compare", "");
        var body = root.Without("name", "compare");
        var variants = ImmutableArray.CreateBuilder<ScenarioVariant>();
        var maps = new List<(string? Name, MapNode Map)>();
        if (string.IsNullOrEmpty(only)) maps.Add((null, body));
        foreach (var variant in compare?.WrittenKeys ?? [])
        {
            if (only is not null && only != variant) continue;
            if (compare!.Section(variant, "") is { Map: { } over })
                maps.Add((variant, YamlMerge.Lay(body, over, Whole, Exclusive)));
        }

        foreach (var (variant, map) in maps) AddVariant(variant, map);

        CheckNames();
        if (errors.Count > 0) return new ScenarioResult(null, [], Sorted(errors));
        var scenario = new Scenario(name, variants.ToImmutable(), directory);
        var resolved = ScenarioResolver.Resolve(scenario, catalog, errors);
        return errors.Count > 0 ? new ScenarioResult(null, [], Sorted(errors)) : new ScenarioResult(scenario, resolved, []);

        void AddVariant(string? variantName, MapNode map)
        {
            var others = ImmutableArray.CreateBuilder<string>();
            foreach (var change in overrides.SelectMany(o => PoolSettings.Spread(map, o)))
            {
                if (IsOfOthers(map, change)) others.Add(change.Path);
                else if (OverrideValue(change, errors) is { } value) map = YamlMerge.Set(PoolSettings.SpellShape(map, change.Path), change.Path, value);
            }

            var reader = new SectionReader(new ReadContext(file, errors) { Directory = directory }, map, "");
            if (VariantReader.Read(reader, variantName, catalog) is { } read) variants.Add(read with { SettingsOfOthers = others.ToImmutable() });
            reader.RejectUnknownKeys();
        }

        // A pool's setting is for the variants that have the pool; where none has it, it is for all of them, and an error.
        bool IsOfOthers(MapNode map, ScenarioOverride change) =>
            PoolSettings.PoolOf(change.Path) is { } pool && !PoolSettings.Has(map, pool) && maps.Exists(m => PoolSettings.Has(m.Map, pool));

        void CheckNames()
        {
            string[] names = [.. compare?.WrittenKeys ?? []];
            if (only is { Length: > 0 } && !names.Contains(only))
                top.Error("compare", $"There is no variant '{only}'.", null, names.Length == 0 ? "the scenario's own cluster alone" : string.Join(", ", names), NearestName.Question(only, names));
            foreach (var twice in variants.GroupBy(v => v.Name).Where(g => g.Count() > 1))
                top.Error($"compare.{twice.Key}", $"Two variants are named '{twice.Key}'.", null, null, "Rename the one under 'compare'.");
        }
    }

    internal static string Rewrite(ScenarioSource source, string name, string directory)
    {
        var errors = new List<ScenarioError>();
        var root = YamlText.Parse(source.Text, source.File, errors);
        if (root is null) throw new ScenarioException(errors);
        var body = root.Without("name", "compare");
        if (source.Only is { Length: > 0 } variant && (root.Find("compare")?.Value as MapNode)?.Find(variant)?.Value is MapNode over)
            body = YamlMerge.Lay(body, over, Whole, Exclusive);
        foreach (var change in source.Overrides.SelectMany(o => PoolSettings.Spread(body, o)))
        {
            if (OverrideValue(change, errors) is not { } value) continue;
            body = value is ScalarNode { IsNull: true } ? YamlMerge.Remove(body, change.Path) : YamlMerge.Set(PoolSettings.SpellShape(body, change.Path), change.Path, value);
        }

        if (errors.Count > 0) throw new ScenarioException(errors);
        if ((body.Find("workload")?.Value as MapNode)?.Find("trace")?.Value is ScalarNode trace)
        {
            var from = source.File == "command line" ? "" : Path.GetDirectoryName(source.File) ?? "";
            var relative = Path.GetRelativePath(Path.GetFullPath(directory), Path.GetFullPath(Path.Combine(from, trace.Text)));
            body = YamlMerge.Set(body, "workload.trace", trace with { Text = relative.Replace('\\', '/') });
        }

        var named = new MapEntry("name", root.At, new ScalarNode(root.At, name, false));
        return YamlWriter.Write(new MapNode(root.At, [named, .. body.Entries]));
    }

    private static Node? OverrideValue(ScenarioOverride change, List<ScenarioError> errors)
    {
        var map = YamlText.Parse($"v: {change.Value}", $"{change.Origin} {change.Path}", errors);
        return map?.Find("v")?.Value switch
        {
            // A shorthand flag stands for its key: the error names that anyway.
            ScalarNode scalar => scalar with { At = new SourceLocation(change.Origin == "--set" ? $"--set {change.Path}={change.Value}" : $"{change.Origin} {change.Value}", 0, 0) },
            { } other => other,
            null => null,
        };
    }

    /// <summary>In the order of the lines; what several variants stumble over once.</summary>
    private static List<ScenarioError> Sorted(List<ScenarioError> errors) =>
        [.. errors.DistinctBy(e => (e.At, e.Key, e.Message)).OrderBy(e => e.At.File, StringComparer.Ordinal).ThenBy(e => e.At.Line).ThenBy(e => e.At.Column)];
}
