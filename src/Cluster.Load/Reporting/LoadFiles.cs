using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Cluster.Load.Reporting;

/// <summary>Runs as files: CSV for spreadsheets, JSON lines for programs and for comparing with a later run.</summary>
public static class LoadFiles
{
    private static readonly JsonSerializerOptions s_json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower) },
    };

    /// <summary>One line per request; times in emulated milliseconds, empty where they did not happen.</summary>
    public static void WriteCsv(TextWriter writer, LoadResult result)
    {
        ArgumentNullException.ThrowIfNull(writer);
        ArgumentNullException.ThrowIfNull(result);
        writer.WriteLine("id,outcome,status,intended_ms,sent_ms,ttft_ms,tpot_ms,e2e_ms,input_tokens,output_tokens,cached_tokens,request_id,error");
        foreach (var r in result.Records)
        {
            string[] fields =
            [
                r.Id.ToString(CultureInfo.InvariantCulture), JsonNamingPolicy.SnakeCaseLower.ConvertName(r.Outcome.ToString()),
                r.Status.ToString(CultureInfo.InvariantCulture), Ms(r.IntendedNs), Ms(r.SentNs), Ms(r.TtftNs),
                r.FirstTokenNs < 0 || r.OutputTokens < 2 ? "" : Ms((long)r.TpotNs), Ms(r.E2eNs), r.InputTokens.ToString(CultureInfo.InvariantCulture),
                r.OutputTokens.ToString(CultureInfo.InvariantCulture), r.CachedTokens.ToString(CultureInfo.InvariantCulture),
                Quoted(r.RequestId), Quoted(r.Error),
            ];
            writer.WriteLine(string.Join(',', fields));
        }
    }

    /// <summary>The summary first, then a record per line.</summary>
    public static void WriteJsonLines(TextWriter writer, LoadResult result, LoadSummary summary)
    {
        ArgumentNullException.ThrowIfNull(writer);
        ArgumentNullException.ThrowIfNull(result);
        writer.WriteLine(JsonSerializer.Serialize(summary, s_json));
        foreach (var record in result.Records) writer.WriteLine(JsonSerializer.Serialize(record, s_json));
    }

    /// <summary>The summary at the head of a file that <see cref="WriteJsonLines"/> wrote.</summary>
    /// <exception cref="InvalidDataException">It is not such a file.</exception>
    public static LoadSummary ReadSummary(string path)
    {
        var first = File.ReadLines(path).FirstOrDefault() ?? throw new InvalidDataException($"{path} is empty.");
        try
        {
            return JsonSerializer.Deserialize<LoadSummary>(first, s_json) ?? throw new InvalidDataException($"{path} holds no run.");
        }
        catch (JsonException exception)
        {
            throw new InvalidDataException($"{path} does not begin with the summary of a run, as `xpyd load --output` writes it: {exception.Message}");
        }
    }

    private static string Ms(long ns) => ns < 0 ? "" : (ns / 1e6).ToString("0.###", CultureInfo.InvariantCulture);

    /// <summary>A leading = + - @ would be run as a formula by spreadsheets.</summary>
    private static string Quoted(string? text)
    {
        if (string.IsNullOrEmpty(text)) return "";
        if (text[0] is '=' or '+' or '-' or '@') text = "'" + text;
        return text.AsSpan().IndexOfAny(",\"\r\n") < 0 ? text : $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
    }
}
