using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Cluster.Cli.Output;
using Cluster.Cli.Scenarios;
using Cluster.Engine.Cost.FirstOrder;
using Cluster.Scenarios.Calc;
using Spectre.Console;

namespace Cluster.Cli.Commands;

/// <summary><c>xpyd calc LAW</c>: a first-order law with its formula, the numbers put in, and the result.</summary>
internal static class CalcCommand
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static Command Create()
    {
        var command = new Command("calc", "Work out a first-order law: formula, numbers put in, result.");
        foreach (var law in Laws.All) command.Subcommands.Add(Of(law));
        var json = CommonOptions.Json();
        command.Options.Add(json);
        command.SetAction(arguments => Guarded.Run(() => List(arguments.GetValue(json))));
        return command;
    }

    private static Command Of(Law law)
    {
        var command = new Command(law.Name, $"{law.Summary}  {law.Formula}");
        var sources = new CalcSources();
        sources.AddTo(command, law);
        var own = law.Inputs.ToDictionary(i => i.Name, i => new Option<string?>($"--{i.Name}")
        {
            Description = $"{i.Symbol}: {i.Meaning}{(i.Unit.Length == 0 ? "" : $", {i.Unit}")}. {(i.Default is { } d ? $"Default {LawNumberText.Show(d, i.Unit)}." : "")}".TrimEnd(),
            HelpName = i.Unit.Length == 0 ? "number" : i.Unit,
        });
        foreach (var option in own.Values) command.Options.Add(option);
        var json = CommonOptions.Json();
        command.Options.Add(json);
        command.SetAction(arguments => Guarded.Run(() => Apply(law, own, sources, arguments, arguments.GetValue(json))));
        return command;
    }

    private static void Apply(Law law, Dictionary<string, Option<string?>> own, CalcSources sources, ParseResult arguments, bool json)
    {
        var known = sources.Numbers(arguments, law);
        foreach (var input in law.Inputs)
        {
            if (arguments.GetValue(own[input.Name]) is { } text) known[input.Name] = Given(input, text);
        }

        try
        {
            var (numbers, results) = law.Apply(known.ToDictionary(k => k.Key, k => k.Value.Value, StringComparer.Ordinal));
            string From(LawInput i) => known.TryGetValue(i.Name, out var number) ? number.From : "default";
            if (json) Console.Out.WriteLine(Json(law, numbers, results, From).ToJsonString(Indented));
            else Print(law, numbers, results, From);
        }
        catch (ArgumentException missing)
        {
            var entries = string.Join(", ", sources.Names);
            var lacks = string.Concat(sources.Lacks(arguments, law, known).Select(l => $" {l}."));
            throw new UsageException($"xpyd calc {law.Name}: {missing.Message.Split(" (Parameter")[0]}.{lacks}{(entries.Length == 0 ? "" : $" Catalog entries fill numbers in: {entries}.")}");
        }
    }

    private static NamedNumber Given(LawInput input, string text) => LawNumberText.TryParse(text, input.Unit, out var value)
        ? new NamedNumber(value, "given")
        : throw new UsageException($"--{input.Name} {text}: not a number{(input.Unit.Length == 0 ? "" : $" in {input.Unit}")}; write e.g. {LawNumberText.Example(input.Unit)}.");

    private static void Print(Law law, LawNumbers numbers, IReadOnlyCollection<LawOutput> results, Func<LawInput, string> from)
    {
        Terminal.Out.MarkupLineInterpolated($"[bold]{law.Formula}[/]");
        var table = new Table().Border(TableBorder.Simple).AddColumn("").AddColumn(new TableColumn("").RightAligned()).AddColumn("").AddColumn("").HideHeaders();
        foreach (var i in law.Inputs)
            table.AddRow(Cell(i.Symbol), Cell(LawNumberText.Show(numbers[i.Name], i.Unit)), Cell(i.Meaning), Cell(from(i)));
        table.AddEmptyRow();
        foreach (var r in results)
            table.AddRow(Cell(r.Name.Replace('_', ' ')), Cell(LawNumberText.Show(r.Value, r.Unit)), Cell(r.Meaning), Cell(""));
        Terminal.Out.Write(table);
        Terminal.Out.MarkupLineInterpolated($"[grey]Source: {law.Source}.[/]");

        static string Cell(string text) => Markup.Escape(text);
    }

    private static JsonObject Json(Law law, LawNumbers numbers, IEnumerable<LawOutput> results, Func<LawInput, string> from) => new()
    {
        ["law"] = law.Name,
        ["formula"] = law.Formula,
        ["source"] = law.Source,
        ["numbers"] = new JsonObject(law.Inputs.Select(i => KeyValuePair.Create<string, JsonNode?>(
            i.Name.Replace('-', '_'), new JsonObject { ["symbol"] = i.Symbol, ["value"] = numbers[i.Name], ["unit"] = i.Unit, ["from"] = from(i) }))),
        ["results"] = new JsonObject(results.Select(r => KeyValuePair.Create<string, JsonNode?>(
            r.Name, new JsonObject { ["value"] = r.Value, ["unit"] = r.Unit, ["meaning"] = r.Meaning }))),
    };

    private static void List(bool json)
    {
        if (json)
        {
            var laws = Laws.All.Select(l => (JsonNode)new JsonObject { ["name"] = l.Name, ["summary"] = l.Summary, ["formula"] = l.Formula, ["source"] = l.Source });
            Console.Out.WriteLine(new JsonObject { ["laws"] = new JsonArray([.. laws]) }.ToJsonString(Indented));
            return;
        }

        var table = new Table().Border(TableBorder.Simple).AddColumn("xpyd calc …").AddColumn("gives").AddColumn("formula");
        foreach (var law in Laws.All) table.AddRow(Markup.Escape(law.Name), Markup.Escape(law.Summary), Markup.Escape(law.Formula));
        Terminal.Out.Write(table);
        Terminal.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{Laws.All.Length} laws. For example: xpyd calc decode-ceiling --model llama-3.1-70b --gpu h100-sxm --weights fp8"));
    }
}
