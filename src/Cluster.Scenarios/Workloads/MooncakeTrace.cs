using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using Cluster.Engine.Requests;
using Cluster.Engine.Units;

namespace Cluster.Scenarios.Workloads;

/// <summary>
/// Mooncake traces: JSON lines with <c>timestamp</c> in ms, lengths in tokens, and <c>hash_ids</c>, one per started
/// block of 512 prompt tokens; equal ids mean equal tokens, everything before the block included.
/// </summary>
internal static class MooncakeTrace
{
    private const int BlockTokens = 512;

    /// <summary>Keeps block ids apart from the ids of other sources.</summary>
    private const ulong Family = 0x4D4F4F4E;

    public static bool Matches(string firstLine) =>
        firstLine.StartsWith('{') && firstLine.Contains("\"hash_ids\"", StringComparison.Ordinal) && firstLine.Contains("\"input_length\"", StringComparison.Ordinal);

    public static IEnumerable<TraceRecord> Read(string path)
    {
        foreach (var (number, line) in TraceFile.Lines(path)) yield return Parse(path, number, line);
    }

    private static TraceRecord Parse(string path, int number, string text)
    {
        var at = new SourceLocation(path, number, 1);
        Line line;
        try
        {
            line = JsonSerializer.Deserialize<Line>(text);
        }
        catch (JsonException e)
        {
            throw new TraceException(at with { Column = (int)(e.BytePositionInLine ?? 0) + 1 }, $"Not a request in JSON: {e.Message}");
        }

        if (line.TimestampMs is not (>= 0 and < 1e12)) throw new TraceException(at, $"timestamp is {line.TimestampMs}; allowed: milliseconds from 0.");
        if (line.InputLength < 1) throw new TraceException(at, $"input_length is {line.InputLength}; allowed: 1 or more.");
        if (line.OutputLength < 1) throw new TraceException(at, $"output_length is {line.OutputLength}; allowed: 1 or more.");
        var blocks = (line.InputLength + BlockTokens - 1) / BlockTokens;
        if (line.HashIds is not { } ids || ids.Length != blocks)
            throw new TraceException(at, $"hash_ids has {line.HashIds?.Length ?? 0} entries; {line.InputLength} tokens need {blocks} (one per started {BlockTokens}).");
        return new TraceRecord((long)(line.TimestampMs * Time.Millisecond), line.InputLength, line.OutputLength, number) { Content = Prompt(ids, line.InputLength) };
    }

    private static TokenContent Prompt(long[] ids, int tokens)
    {
        var segments = ImmutableArray.CreateBuilder<ContentSegment>(ids.Length);
        for (var i = 0; i < ids.Length; i++)
            segments.Add(new ContentSegment(Hashing.Mix(Family, (ulong)ids[i]), Math.Min(BlockTokens, tokens - i * BlockTokens)));
        return new TokenContent(segments.MoveToImmutable());
    }

    private readonly record struct Line(
        [property: JsonPropertyName("timestamp"), JsonRequired] double TimestampMs,
        [property: JsonPropertyName("input_length"), JsonRequired] int InputLength,
        [property: JsonPropertyName("output_length"), JsonRequired] int OutputLength,
        [property: JsonPropertyName("hash_ids"), JsonRequired] long[] HashIds);
}
