using System.Globalization;
using System.Text.Json.Nodes;
using Cluster.Cli.Output;
using Spectre.Console;

namespace Cluster.Cli.Admin;

/// <summary>Answers of the admin API for people: what is a list of objects becomes a table, the rest a line each.</summary>
internal static class AdminTables
{
    public static void Print(JsonNode answer)
    {
        foreach (var (key, value) in answer.AsObject())
        {
            if (value is JsonArray rows && rows.All(row => row is JsonObject)) Print(key, rows);
            else Terminal.Out.WriteLine($"{Title(key)}: {Cell(value)}");
        }
    }

    private static void Print(string key, JsonArray rows)
    {
        if (rows.Count == 0)
        {
            Terminal.Out.WriteLine($"{Title(key)}: none");
            return;
        }

        // A list of plain values, e.g. the kinds of fault, is no table.
        if (rows.Any(row => row is not JsonObject))
        {
            Terminal.Out.WriteLine($"{Title(key)}: {string.Join(", ", rows.Select(Cell))}");
            return;
        }

        var columns = rows[0]!.AsObject().Select(p => p.Key).ToList();
        var table = new Table().Border(TableBorder.Rounded).Title(Title(key));
        foreach (var column in columns) table.AddColumn(new TableColumn(Markup.Escape(Title(column))));
        foreach (var row in rows) table.AddRow(columns.Select(column => Markup.Escape(Cell(row![column]))).ToArray());
        Terminal.Out.Write(table);
    }

    private static string Title(string key) => key.Replace('_', ' ');

    private static string Cell(JsonNode? value) => value switch
    {
        null => "–",
        JsonObject nested => string.Join("  ", nested.Select(p => $"{Title(p.Key)} {Cell(p.Value)}")),
        JsonArray list when list.All(item => item is JsonValue) => string.Join(", ", list.Select(item => Cell(item))),
        JsonArray list => string.Join("\n", list.Select(item => Cell(item))),
        JsonValue number when number.TryGetValue<double>(out var d) => d.ToString(d == Math.Floor(d) ? "0" : "0.####", CultureInfo.InvariantCulture),
        _ => value.ToString(),
    };
}
