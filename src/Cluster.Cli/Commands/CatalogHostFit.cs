using System.Text.Json.Nodes;
using Cluster.Cli.Output;
using Cluster.Scenarios.Catalogs;
using Cluster.Simulator.Validation;
using Spectre.Console;

namespace Cluster.Cli.Commands;

/// <summary><c>xpyd catalog fit --host DIR</c>: engines' host figures from measured serving points.</summary>
internal static class CatalogHostFit
{
    private const string SplitwiseEngine = "splitwise-2023";
    private const string ServingOrigin = "fitted by xpyd catalog fit --host on serving points of ai-dynamo/aiconfigurator, commit 095f58a51c4c; see docs/validation.md";
    private const string SplitwiseOrigin = "fitted by xpyd catalog fit --host on the measured rows of Mutinifni/splitwise-sim, commit 8f99e7dc9b40; see docs/validation.md";

    /// <param name="folder">Holds measured points (*calibration*.csv) or Splitwise's perf_model.csv.</param>
    /// <param name="only">Engines to fit, each with its earlier versions; empty: all that the points name.</param>
    /// <param name="write">Catalog folder to write into; null: report only.</param>
    public static void Run(string folder, IReadOnlyCollection<string> only, string? write)
    {
        if (!Directory.Exists(folder)) throw new ArgumentException($"--host {folder}: no such folder.");
        var points = Directory.EnumerateFiles(folder, "*calibration*.csv").Order(StringComparer.Ordinal).SelectMany(MeasuredPoint.Read).ToList();
        var catalog = write is null ? CliCatalog.Load() : Catalog.Load(write);
        var table = new Table().AddColumns("engine", "points", "figure", "before", "fitted");
        // Groups are sampled over all points, so that an engine's figures do not depend on which others are fitted beside it.
        var fit = new HostFit(catalog, points);
        var profiles = points.Select(p => PointMapping.ProfileOf(p, catalog)).Distinct().Where(catalog.Engines.ContainsKey);
        foreach (var engine in profiles.Where(p => only.Count == 0 || only.Contains(p) || only.Contains(fit.EngineOf(p))).Select(fit.EngineOf).Distinct())
        {
            foreach (var result in fit.Run(engine)) Report(table, catalog, result.Profile.Name, result, HostFit.FiguresOf(engine), write, ServingOrigin, fit.VersionsOf(result.Profile.Name));
        }

        var splitwise = Path.Combine(folder, "perf_model.csv");
        if (File.Exists(splitwise) && (only.Count == 0 || only.Contains(SplitwiseEngine)))
            Report(table, catalog, SplitwiseEngine, SplitwiseTable.Fit(catalog, SplitwiseEngine, SplitwiseTable.Read(splitwise)), HostFigure.Splitwise, write, SplitwiseOrigin, []);
        Terminal.Out.Write(table);
    }

    private static void Report(Table table, Catalog catalog, string engine, HostFitResult fit, IReadOnlyList<HostFigure> parameters, string? write, string origin, IReadOnlyList<string> versions)
    {
        foreach (var p in parameters)
            table.AddRow(engine, $"{fit.Points}", p.Name, $"{p.Get(catalog.Engines[engine]):G3}", $"{p.Get(fit.Profile):G3}");
        table.AddRow(engine, $"{fit.Points}", "loss", $"{fit.LossBefore:F4}", $"{fit.Loss:F4}");
        if (write is not null) Write(Path.Combine(write, "engines", engine + ".json"), fit, parameters, origin, versions);
    }

    /// <summary>Replaces the figures in the engine's file; everything else stays as written.</summary>
    private static void Write(string file, HostFitResult fit, IReadOnlyList<HostFigure> parameters, string origin, IReadOnlyList<string> versions)
    {
        var root = JsonNode.Parse(File.ReadAllText(file))!.AsObject();
        var sources = root["sources"]!.AsObject();
        foreach (var p in parameters)
        {
            root[p.Name] = p.Get(fit.Profile);
            // A figure that the points say nothing of stays where every fit starts: nobody should take it for one that was measured.
            sources[p.Name] = p.Get(fit.Profile) == p.Prior ? origin.Replace("fitted by", "left at its prior by", StringComparison.Ordinal) : origin;
        }

        if (versions.Count > 0)
        {
            root["fitted_versions"] = new JsonArray([.. versions.Select(v => (JsonNode)v)]);
            sources["fitted_versions"] = origin;
        }

        File.WriteAllText(file, root.ToJsonString(CatalogJson.Options) + "\n");
    }
}
