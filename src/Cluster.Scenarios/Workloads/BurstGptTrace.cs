using System.Globalization;
using Cluster.Engine.Units;

namespace Cluster.Scenarios.Workloads;

/// <summary>
/// BurstGPT: a CSV whose columns are found by name, so that later releases with more of them (sessions, elapsed time)
/// read as well. Times are seconds. The publishers mark a failed request by an answer of 0 tokens; those are skipped.
/// </summary>
internal static class BurstGptTrace
{
    private static readonly string[] Needed = ["Timestamp", "Request tokens", "Response tokens"];

    public static bool Matches(string firstLine) => Needed.All(c => firstLine.Split(',').Contains(c, StringComparer.OrdinalIgnoreCase));

    public static IEnumerable<TraceRecord> Read(string path)
    {
        int[]? columns = null;
        var session = -1;
        foreach (var (number, line) in TraceFile.Lines(path))
        {
            var fields = line.Split(',');
            if (columns is null)
            {
                columns = Columns(path, number, fields);
                session = Array.FindIndex(fields, f => f.Trim().Equals("Session ID", StringComparison.OrdinalIgnoreCase));
                continue;
            }

            if (fields.Length <= Math.Max(columns.Max(), session))
                throw new TraceException(new(path, number, 1), $"'{line}' has {fields.Length} fields, fewer than the header names.", line);
            if (fields[columns[2]].Trim() == "0") continue;
            yield return Parse(path, number, fields, columns, session);
        }
    }

    private static int[] Columns(string path, int number, string[] header)
    {
        var columns = Needed.Select(name => Array.FindIndex(header, f => f.Trim().Equals(name, StringComparison.OrdinalIgnoreCase))).ToArray();
        var missing = Needed.Where((_, i) => columns[i] < 0).ToArray();
        return missing.Length == 0 ? columns : throw new TraceException(new(path, number, 1), $"The header lacks {string.Join(", ", missing)}.");
    }

    private static TraceRecord Parse(string path, int number, string[] fields, int[] columns, int session)
    {
        var text = fields[columns[0]];
        if (!double.TryParse(text, CultureInfo.InvariantCulture, out var seconds) || !(seconds is >= 0 and < 1e9))
            throw new TraceException(new(path, number, 1), $"Timestamp is '{text}'; allowed: seconds from 0.", text);
        return new TraceRecord(
            Time.FromSeconds(seconds),
            TraceFile.Tokens(path, number, "Request tokens", fields[columns[1]].AsSpan().Trim(), 1),
            TraceFile.Tokens(path, number, "Response tokens", fields[columns[2]].AsSpan().Trim(), 1),
            number)
        {
            SessionId = session < 0 || fields[session].Length == 0 ? 0 : Ids.OfText(fields[session]),
        };
    }
}
