using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using Cluster.Cli.Output;
using Cluster.Cli.Scenarios;
using Cluster.Engine.Policies;
using Cluster.Scenarios.Catalogs;
using Cluster.Scenarios.Fitting;
using Spectre.Console;

namespace Cluster.Cli.Commands;

/// <summary><c>xpyd catalog</c>: what it holds, with sources, and how its kernel figures were fitted.</summary>
internal static class CatalogCommand
{
    public static Command Create() => new("catalog", "Models, GPUs, links and engines, each number with its source.") { List(), Show(), Fit(), CatalogImportCommand.Create() };

    private static Command List()
    {
        var json = CommonOptions.Json();
        var command = new Command("list", "Every id, by kind.") { json };
        command.SetAction(arguments => Guarded.Run(() =>
        {
            var catalog = CliCatalog.Load();
            (string Kind, IEnumerable<string> Ids)[] kinds = [("models", catalog.Models.Keys), ("gpus", catalog.Gpus.Keys), ("links", catalog.Links.Keys), ("engines", catalog.Engines.Keys)];
            if (arguments.GetValue(json))
            {
                Console.Out.WriteLine(new JsonObject(kinds.Select(k => KeyValuePair.Create<string, JsonNode?>(k.Kind, new JsonArray([.. k.Ids.Select(id => JsonValue.Create(id))])))).ToJsonString(CommonOptions.Indented));
                return;
            }

            foreach (var (kind, ids) in kinds)
            {
                Console.Out.WriteLine(kind);
                foreach (var id in ids) Console.Out.WriteLine($"  {id}");
            }
        }));
        return command;
    }

    private static Command Show()
    {
        var id = new Argument<string>("id") { Description = "A model, GPU, link or engine." };
        var command = new Command("show", "One entry, as JSON, with its source.") { id };
        command.SetAction(arguments => Guarded.Run(() =>
        {
            var (catalog, name) = (CliCatalog.Load(), arguments.GetValue(id)!);
            object? found = catalog.FindModel(name) ?? catalog.FindGpu(name) ?? (object?)catalog.Links.GetValueOrDefault(name) ?? catalog.Engines.GetValueOrDefault(name);
            if (found is null)
            {
                var near = NearestName.Question(name, [.. catalog.Models.Keys, .. catalog.Gpus.Keys, .. catalog.Links.Keys, .. catalog.Engines.Keys]);
                throw new UsageException($"Nothing in the catalog is called '{name}'. {near ?? "`xpyd catalog list` prints every id."}");
            }

            Console.Out.WriteLine(JsonSerializer.Serialize(found, found.GetType(), CatalogJson.Options));
        }));
        return command;
    }

    private static Command Fit()
    {
        var data = new Option<string?>("--data") { Description = "Folder that holds kernels/ and collectives/." };
        var write = new Option<string?>("--write") { Description = "Catalog folder to write the figures into; without it they are only reported." };
        var host = new Option<string?>("--host") { Description = "Folder of measured serving points (*calibration*.csv) or of Splitwise's perf_model.csv: fit the engines' host figures on them instead." };
        var engines = new Option<string[]>("--engine") { Description = "With --host: only these engines.", AllowMultipleArgumentsPerToken = true };
        var json = CommonOptions.Json();
        var command = new Command("fit", "Refit kernel curves from measured tables, or engines' host figures from serving points.") { data, host, engines, write, json };
        command.SetAction(arguments => Guarded.Run(() =>
        {
            if (arguments.GetValue(host) is { } points)
            {
                CatalogHostFit.Run(points, arguments.GetValue(engines) ?? [], arguments.GetValue(write));
                return;
            }

            var folder = arguments.GetValue(data) ?? throw new UsageException("Either --data or --host says what to fit on.");
            if (!Directory.Exists(Path.Combine(folder, "kernels"))) throw new UsageException($"--data {folder}: no kernels/ folder in it.");
            var catalog = arguments.GetValue(write) is { } directory ? Catalog.Load(directory) : CliCatalog.Load();
            var fits = CatalogFit.Run(catalog, folder).ToList();
            if (arguments.GetValue(write) is { } target) CatalogFit.WriteAll(target, catalog, fits);
            var lines = fits.SelectMany(f => f.Lines).ToList();
            if (arguments.GetValue(json)) Console.Out.WriteLine(JsonSerializer.Serialize(lines, CatalogJson.Options));
            else PrintTable(lines);
        }));
        return command;
    }

    private static void PrintTable(List<FitLine> lines)
    {
        var table = new Table().AddColumns("GPU", "operator", "format", "rows", "held out", "median before", "median APE", "p90 APE");
        foreach (var l in lines)
            table.AddRow(l.Gpu, l.Operator, l.Format, $"{l.Rows}", $"{l.HeldOut}", $"{l.MedianApeBefore:P1}", $"{l.MedianApe:P1}", $"{l.P90Ape:P1}");
        Terminal.Out.Write(table);
    }
}
