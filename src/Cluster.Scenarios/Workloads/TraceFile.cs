using Cluster.Scenarios.Sections;

namespace Cluster.Scenarios.Workloads;

/// <summary>Reads traces line by line; a trace is never held whole.</summary>
public static class TraceFile
{
    /// <summary>The format, from the first line; null when it is none of those known.</summary>
    public static TraceFormat? Recognise(string path)
    {
        using var reader = new StreamReader(path);
        var first = reader.ReadLine()?.Trim() ?? "";
        if (AzureTrace.Matches(first)) return TraceFormat.Azure;
        if (MooncakeTrace.Matches(first)) return TraceFormat.Mooncake;
        if (BurstGptTrace.Matches(first)) return TraceFormat.BurstGpt;
        if (JsonlTrace.Matches(first)) return TraceFormat.Jsonl;
        return first.StartsWith('[') ? TraceFormat.ShareGpt : null;
    }

    /// <summary>Every request of the file, in order of arrival.</summary>
    /// <exception cref="TraceException">While enumerating: a broken line, or one that arrives before the line above it.</exception>
    public static IEnumerable<TraceRecord> Read(TraceSection trace)
    {
        ArgumentNullException.ThrowIfNull(trace);
        var records = trace.Format switch
        {
            TraceFormat.Azure => AzureTrace.Read(trace.File),
            TraceFormat.Mooncake => MooncakeTrace.Read(trace.File),
            TraceFormat.BurstGpt => BurstGptTrace.Read(trace.File),
            TraceFormat.ShareGpt => ShareGptTrace.Read(trace.File, trace.CharsPerToken, allTurns: trace.Think is not null),
            TraceFormat.Jsonl => JsonlTrace.Read(trace.File),
            _ => throw new ArgumentOutOfRangeException(nameof(trace), trace.Format, "No reader for this format."),
        };
        return InOrder(records, trace.File);
    }

    private static IEnumerable<TraceRecord> InOrder(IEnumerable<TraceRecord> records, string path)
    {
        var last = long.MinValue;
        foreach (var record in records)
        {
            if (record.ArrivalNs < last)
                throw new TraceException(new(path, record.Line, 1), "It arrives before the line above it; sort the trace by time.");
            last = record.ArrivalNs;
            yield return record;
        }
    }

    /// <summary>Lines of a file with their numbers from 1; empty lines are skipped.</summary>
    internal static IEnumerable<(int Number, string Text)> Lines(string path)
    {
        var number = 0;
        foreach (var line in File.ReadLines(path))
        {
            number++;
            if (!string.IsNullOrWhiteSpace(line)) yield return (number, line);
        }
    }

    /// <summary>A token count of a trace.</summary>
    internal static int Tokens(string path, int line, string column, ReadOnlySpan<char> text, int column1)
    {
        const int Most = 100_000_000;
        if (int.TryParse(text, System.Globalization.CultureInfo.InvariantCulture, out var tokens) && tokens is >= 1 and <= Most) return tokens;
        throw new TraceException(new(path, line, column1), $"{column} is '{text}'; allowed: a whole number, 1 … {Most}.", text.ToString());
    }
}
