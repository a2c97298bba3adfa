using System.CommandLine;
using Cluster.Cli.Output;
using Cluster.Cli.Scenarios;
using Cluster.Engine.Models;
using Cluster.Scenarios.Import;
using Spectre.Console;

namespace Cluster.Cli.Commands;

/// <summary><c>xpyd catalog import config.json</c>: a published model config becomes a catalog entry.</summary>
internal static class CatalogImportCommand
{
    public static Command Create()
    {
        var file = new Argument<string>("CONFIG") { Description = "config.json of a model, as published on Hugging Face." };
        var name = new Option<string>("--name") { Description = "Id of the new entry, e.g. my-model-7b.", Required = true };
        var origin = new Option<string?>("--origin") { Description = "Hugging Face id it comes from; becomes source and alias. Default: the file's name." };
        var context = new Option<int?>("--context-length") { Description = "Longest sequence, for configs that state none (Mamba)." };
        var output = new Option<string?>("--out") { Description = "Folder to write NAME.json to, e.g. catalog/models. Default: print it." };
        var command = new Command("import", "Read a Hugging Face config.json into a catalog entry.") { file, name, origin, context, output };
        command.SetAction(arguments => Guarded.Run(() =>
        {
            var path = arguments.GetValue(file)!;
            var model = Read(path, arguments.GetValue(name)!, arguments.GetValue(origin) ?? Path.GetFileName(path), arguments.GetValue(context));
            Write(model, arguments.GetValue(output));
            Terminal.Error.MarkupLineInterpolated(
                $"{ParameterCount.Total(model) / 1e9:0.##}B parameters, {ParameterCount.Active(model) / 1e9:0.##}B active per token: compare with what the publisher says.");
        }));
        return command;
    }

    private static ModelArchitecture Read(string path, string name, string origin, int? context)
    {
        try
        {
            return HuggingFaceImport.Read(File.ReadAllText(path), name, origin, context);
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"{path}: {unreadable.Message}");
        }
        catch (ImportException refused)
        {
            throw new UsageException(string.Join(Environment.NewLine, refused.Reasons.Select(r => $"{path}: {r}")));
        }
    }

    private static void Write(ModelArchitecture model, string? folder)
    {
        var json = HuggingFaceImport.ToCatalogJson(model);
        if (folder is null)
        {
            Console.Out.Write(json);
            return;
        }

        var target = Path.Combine(folder, model.Name + ".json");
        if (!Directory.Exists(folder)) throw new UsageException($"--out {folder}: no such folder.");
        if (File.Exists(target)) throw new UsageException($"{target} exists already; choose another --name or remove it.");
        File.WriteAllText(target, json);
        Terminal.Error.MarkupLineInterpolated($"Wrote {target}.");
    }
}
