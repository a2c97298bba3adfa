using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Cluster.Simulator.Sweeping;

/// <summary>
/// A sweep's results on disk, CSV or JSON by the file's ending: whole after every row, and read back to resume. What an earlier
/// sweep left is there from the first moment on, so being interrupted twice loses nothing either.
/// </summary>
public sealed class SweepFile : IDisposable
{
    private const string Key = "fingerprint";
    private static readonly UTF8Encoding Utf8 = new(false);
    private static readonly JsonSerializerOptions Compact = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private readonly FileStream _stream;
    private readonly SweepPlan _plan;
    private readonly bool _json;
    private readonly HashSet<string> _known;
    private bool _first = true;

    private SweepFile(FileStream stream, SweepPlan plan, bool json, HashSet<string> known) => (_stream, _plan, _json, _known) = (stream, plan, json, known);

    /// <summary>Opens the file with those rows of this sweep that are known; what else it held is gone.</summary>
    /// <param name="known">What <see cref="ReadKnown"/> found in it.</param>
    /// <exception cref="IOException">It cannot be written.</exception>
    public static SweepFile Create(string path, SweepPlan plan, IReadOnlyDictionary<string, IReadOnlyList<string>>? known = null)
    {
        ArgumentNullException.ThrowIfNull(plan);
        Replace(path, plan, [.. plan.Points.Where(p => known?.ContainsKey(p.Fingerprint) == true).Select(p => new SweepRow(p, known![p.Fingerprint]))]);
        var stream = new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.Read) { Position = new FileInfo(path).Length };
        return new SweepFile(stream, plan, IsJson(path), [.. known?.Keys ?? []]) { _first = known is null || !plan.Points.Any(p => known.ContainsKey(p.Fingerprint)) };
    }

    /// <summary>The sweep is done: a file whose rows came in two goes is put in this sweep's order.</summary>
    public static void PutInOrder(string path, SweepPlan plan, IReadOnlyList<SweepRow> rows) => Replace(path, plan, rows);

    /// <summary>All at once or not at all, whatever happens in between.</summary>
    private static void Replace(string path, SweepPlan plan, IReadOnlyList<SweepRow> rows)
    {
        var fresh = $"{path}.new";
        using (var file = new SweepFile(new FileStream(fresh, FileMode.Create, FileAccess.Write, FileShare.Read), plan, IsJson(path), []))
        {
            file.Write(file._json ? Trailer : $"{Line(Header(plan))}\n");
            foreach (var row in rows) file.Append(row);
        }

        File.Move(fresh, path, overwrite: true);
    }

    /// <summary>Rows of an earlier sweep by fingerprint: empty when there is no file. A line cut off by a crash is passed over.</summary>
    /// <exception cref="ArgumentException">The ending is neither .csv nor .json, or the file holds something else.</exception>
    public static IReadOnlyDictionary<string, IReadOnlyList<string>> ReadKnown(string path)
    {
        var json = IsJson(path);
        var known = new Dictionary<string, IReadOnlyList<string>>();
        if (!File.Exists(path) || new FileInfo(path).Length == 0) return known;
        var text = File.ReadAllText(path);
        foreach (var (fingerprint, cells) in json ? FromJson(path, text) : FromCsv(path, text)) known[fingerprint] = cells;
        return known;
    }

    /// <summary>Adds a row, unless it is there already.</summary>
    public void Append(SweepRow row)
    {
        ArgumentNullException.ThrowIfNull(row);
        if (_known.Contains(row.Point.Fingerprint)) return;
        if (!_json)
        {
            Write($"{Line([.. row.Point.Values, row.Point.VariantName, .. row.Cells, row.Point.Fingerprint])}\n");
            return;
        }

        // The document stays whole: each row overwrites the closing brackets and writes them again.
        _stream.Position = _first ? HeadLength : _stream.Length - Utf8.GetByteCount(Tail);
        Write($"{(_first ? "\n" : ",\n")}{ToJson(_plan, row).ToJsonString(Compact)}{Tail}");
        _first = false;
    }

    public void Dispose() => _stream.Dispose();

    /// <summary>One row as the published JSON: axes under <c>settings</c>, measures beside them.</summary>
    public static JsonObject ToJson(SweepPlan plan, SweepRow row)
    {
        ArgumentNullException.ThrowIfNull(plan);
        ArgumentNullException.ThrowIfNull(row);
        var settings = new JsonObject();
        for (var i = 0; i < plan.Axes.Length; i++) settings[plan.Axes[i].Path] = row.Point.Values[i].Length == 0 ? null : row.Point.Values[i];
        var result = new JsonObject { ["settings"] = settings, ["variant"] = row.Point.VariantName };
        for (var i = 0; i < row.Cells.Count; i++)
        {
            var (name, cell) = (SweepColumns.Names[i], row.Cells[i]);
            result[name] = cell.Length == 0 ? null
                : SweepColumns.IsText(name) ? JsonValue.Create(cell)
                : JsonValue.Create(double.Parse(cell, CultureInfo.InvariantCulture));
        }

        result[Key] = row.Point.Fingerprint;
        return result;
    }

    private const string Head = "{\"rows\": [";
    private const string Tail = "\n]}\n";
    private const string Trailer = Head + Tail;
    private static readonly int HeadLength = Utf8.GetByteCount(Head);

    private static bool IsJson(string path) => Path.GetExtension(path).ToUpperInvariant() switch
    {
        ".JSON" => true,
        ".CSV" => false,
        _ => throw new ArgumentException($"--out {path}: write to a .csv or a .json file."),
    };

    private static string[] Header(SweepPlan plan) => [.. plan.Axes.Select(a => a.Path), "variant", .. SweepColumns.Names, Key];

    private void Write(string text)
    {
        _stream.Write(Utf8.GetBytes(text));
        _stream.Flush();
    }

    private static IEnumerable<(string, IReadOnlyList<string>)> FromJson(string path, string text)
    {
        JsonArray? rows;
        try
        {
            rows = JsonNode.Parse(text)?["rows"] as JsonArray;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new ArgumentException($"--out {path}: not the result of a sweep ({e.Message}). Name another file, or remove it.", e);
        }

        if (rows is null) throw new ArgumentException($"--out {path}: not the result of a sweep. Name another file, or remove it.");
        foreach (var row in rows)
        {
            if (row is not JsonObject o || o[Key] is null || SweepColumns.Names.Any(n => !o.ContainsKey(n))) continue;
            yield return (o[Key]!.GetValue<string>(), [.. SweepColumns.Names.Select(n => Cell(o[n]))]);
        }
    }

    private static string Cell(JsonNode? value) => value switch
    {
        null => "",
        JsonValue v when v.TryGetValue<double>(out var number) => number.ToString(CultureInfo.InvariantCulture),
        _ => value.GetValue<string>(),
    };

    private static IEnumerable<(string, IReadOnlyList<string>)> FromCsv(string path, string text)
    {
        var lines = text.Split('\n');
        var header = Fields(lines[0]);
        var first = header.IndexOf(SweepColumns.Names[0]);
        if (first < 1 || header[^1] != Key || !header.Skip(first).SkipLast(1).SequenceEqual(SweepColumns.Names))
            throw new ArgumentException($"--out {path}: not the result of a sweep of this version. Name another file, or remove it.");
        foreach (var line in lines.Skip(1))
        {
            var fields = Fields(line);
            if (fields.Count == header.Count && fields[^1].Length == 16) yield return (fields[^1], [.. fields.Skip(first).SkipLast(1)]);
        }
    }

    private static string Line(IEnumerable<string> fields) => string.Join(',', fields.Select(Quoted));

    private static string Quoted(string field) =>
        field.AsSpan().IndexOfAny(",\"\n\r") < 0 ? field : $"\"{field.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    private static List<string> Fields(string line)
    {
        var fields = new List<string>();
        var field = new StringBuilder();
        var quoted = false;
        for (var i = 0; i < line.Length; i++)
        {
            var c = line[i];
            if (quoted && c == '"' && i + 1 < line.Length && line[i + 1] == '"') field.Append(line[++i]);
            else if (c == '"') quoted = !quoted;
            else if (c == ',' && !quoted) { fields.Add(field.ToString()); field.Clear(); }
            else if (c != '\r') field.Append(c);
        }

        fields.Add(field.ToString());
        return fields;
    }
}
