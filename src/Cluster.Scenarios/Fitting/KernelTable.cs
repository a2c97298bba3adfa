using System.Globalization;
using System.IO.Compression;
using System.Text;
using CsvHelper;

namespace Cluster.Scenarios.Fitting;

/// <summary>One measured row: text by column.</summary>
public sealed class TableRow(IReadOnlyDictionary<string, string> cells)
{
    public string this[string column] => cells.TryGetValue(column, out var text) ? text : "";

    /// <summary>Whether the table has such a column, be its cell empty or not.</summary>
    public bool Has(string column) => cells.ContainsKey(column);

    /// <exception cref="FormatException">The cell is not a number.</exception>
    public double Number(string column) => !Has(column) ? throw new FormatException($"There is no column '{column}'.") : double.TryParse(this[column], NumberStyles.Float, CultureInfo.InvariantCulture, out var value)
        ? value
        : throw new FormatException($"Column '{column}' holds '{this[column]}', which is not a number.");
}

/// <summary>Reads gzipped or plain CSV tables of measured kernels.</summary>
public static class KernelTable
{
    /// <summary>The rows of the newest file (by name) that matches, or none.</summary>
    /// <param name="every">Of so many rows one, the first to begin with.</param>
    public static IReadOnlyList<TableRow> Read(string folder, string pattern, int every = 1)
    {
        var file = Directory.Exists(folder) ? Directory.EnumerateFiles(folder, pattern).Order(StringComparer.Ordinal).LastOrDefault() : null;
        return file is null ? [] : ReadFile(file, every);
    }

    /// <param name="every">Of so many rows one; lines between are not looked at.</param>
    /// <exception cref="FormatException">No table in it.</exception>
    public static IReadOnlyList<TableRow> ReadFile(string file, int every = 1)
    {
        ArgumentNullException.ThrowIfNull(file);
        using var raw = File.OpenRead(file);
        using Stream stream = file.EndsWith(".gz", StringComparison.Ordinal) ? new GZipStream(raw, CompressionMode.Decompress) : raw;
        using var text = new StreamReader(stream);
        using var csv = new CsvReader(every == 1 ? text : Some(text, every), CultureInfo.InvariantCulture);
        try
        {
            return Rows(csv);
        }
        catch (Exception broken) when (broken is BadDataException or CsvHelper.MissingFieldException)
        {
            throw new FormatException($"Line {csv.Context.Parser?.RawRow} does not have the columns of line 1, or is no text: this is not a table of comma-separated values.", broken);
        }
        catch (InvalidDataException broken)
        {
            throw new FormatException("It is not gzip, though its name says so.", broken);
        }
    }

    private static StringReader Some(StreamReader text, int every)
    {
        var kept = new StringBuilder();
        for (var at = 0; text.ReadLine() is { } line; at++)
        {
            if (at == 0 || (at - 1) % every == 0) kept.AppendLine(line);
        }

        return new StringReader(kept.ToString());
    }

    private static List<TableRow> Rows(CsvReader csv)
    {
        if (!csv.Read()) throw new FormatException("The table is empty.");
        csv.ReadHeader();
        var columns = csv.HeaderRecord!;
        var rows = new List<TableRow>();
        while (csv.Read())
        {
            var cells = new Dictionary<string, string>(columns.Length, StringComparer.Ordinal);
            for (var i = 0; i < columns.Length; i++) cells[columns[i]] = csv.GetField(i) ?? "";
            rows.Add(new TableRow(cells));
        }

        return rows;
    }
}
