using System.Globalization;

namespace Cluster.Scenarios.Workloads;

/// <summary>Azure LLM inference traces: <c>TIMESTAMP,ContextTokens,GeneratedTokens</c>, local times to 100 ns.</summary>
internal static class AzureTrace
{
    private const string Header = "TIMESTAMP,ContextTokens,GeneratedTokens";

    public static bool Matches(string firstLine) => firstLine.StartsWith(Header, StringComparison.OrdinalIgnoreCase);

    public static IEnumerable<TraceRecord> Read(string path)
    {
        DateTime? origin = null;
        foreach (var (number, line) in TraceFile.Lines(path))
        {
            if (number == 1 && Matches(line)) continue;
            var (time, input, output) = Parse(path, number, line);
            origin ??= time;
            yield return new TraceRecord((time - origin.Value).Ticks * 100, input, output, number);
        }
    }

    private static (DateTime Time, int Input, int Output) Parse(string path, int number, string line)
    {
        var first = line.IndexOf(',', StringComparison.Ordinal);
        var second = first < 0 ? -1 : line.IndexOf(',', first + 1);
        if (second < 0 || line.IndexOf(',', second + 1) >= 0)
            throw new TraceException(new(path, number, 1), $"'{line}' does not have the three fields {Header}.", line);
        if (!DateTime.TryParse(line.AsSpan(0, first), CultureInfo.InvariantCulture, DateTimeStyles.None, out var time))
            throw new TraceException(new(path, number, 1), $"TIMESTAMP is '{line[..first]}'; written e.g. 2023-11-16 18:15:46.6805900.", line[..first]);
        return (time,
            TraceFile.Tokens(path, number, "ContextTokens", line.AsSpan(first + 1, second - first - 1), first + 2),
            TraceFile.Tokens(path, number, "GeneratedTokens", line.AsSpan(second + 1), second + 2));
    }
}
