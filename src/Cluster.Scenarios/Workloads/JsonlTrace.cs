using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Cluster.Engine.Requests;

namespace Cluster.Scenarios.Workloads;

/// <summary>
/// This project's own trace: JSON lines of <c>{"arrival_ns", "input_tokens", "output_tokens"}</c> and, where they
/// matter, <c>"content": [["id", tokens], …]</c> (hexadecimal ids; equal ids mean equal tokens), <c>"session"</c>,
/// <c>"priority"</c>, <c>"model"</c>. It keeps everything a workload says, so any workload can be written and replayed.
/// </summary>
public static class JsonlTrace
{
    private static readonly JsonSerializerOptions Options = new()
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    };

    internal static bool Matches(string firstLine) =>
        firstLine.StartsWith('{') && firstLine.Contains("\"arrival_ns\"", StringComparison.Ordinal) && firstLine.Contains("\"input_tokens\"", StringComparison.Ordinal);

    /// <summary>Writes requests one by one; <see cref="Read"/> gives the same back.</summary>
    public static void Write(TextWriter writer, IEnumerable<RequestSpec> requests)
    {
        ArgumentNullException.ThrowIfNull(writer);
        ArgumentNullException.ThrowIfNull(requests);
        foreach (var r in requests)
        {
            var content = r.Content.Segments.Select(s => new JsonElement[] { Json(s.ContentId.ToString("x", CultureInfo.InvariantCulture)), Json(s.Length) });
            var line = new Line
            {
                ArrivalNs = r.ArrivalNs,
                InputTokens = r.InputTokens,
                OutputTokens = r.OutputTokens,
                Content = [.. content],
                Session = r.SessionId == 0 ? null : r.SessionId.ToString("x", CultureInfo.InvariantCulture),
                Priority = r.Priority,
                Model = r.Model,
            };
            writer.Write(JsonSerializer.Serialize(line, Options));
            writer.Write('\n');
        }
    }

    internal static IEnumerable<TraceRecord> Read(string path)
    {
        foreach (var (number, text) in TraceFile.Lines(path)) yield return Parse(path, number, text);
    }

    private static TraceRecord Parse(string path, int number, string text)
    {
        var at = new SourceLocation(path, number, 1);
        try
        {
            var line = JsonSerializer.Deserialize<Line>(text, Options)!;
            if (line.ArrivalNs < 0) throw new TraceException(at, $"arrival_ns is {line.ArrivalNs}; allowed: 0 or more.");
            if (line.InputTokens < 1) throw new TraceException(at, $"input_tokens is {line.InputTokens}; allowed: 1 or more.");
            if (line.OutputTokens < 1) throw new TraceException(at, $"output_tokens is {line.OutputTokens}; allowed: 1 or more.");
            var content = line.Content is null ? null : new TokenContent([.. line.Content.Select(Segment)]);
            if (content?.Length < line.InputTokens)
                throw new TraceException(at, $"content covers {content.Length} tokens of {line.InputTokens}.");
            return new TraceRecord(line.ArrivalNs, line.InputTokens, line.OutputTokens, number)
            {
                Content = content,
                SessionId = line.Session is null ? 0 : Hex(line.Session),
                Priority = line.Priority,
                Model = line.Model,
            };
        }
        catch (Exception e) when (e is JsonException or FormatException or ArgumentException or InvalidOperationException or OverflowException)
        {
            throw new TraceException(at, $"Not a request in JSON: {e.Message}");
        }
    }

    private static ContentSegment Segment(JsonElement[] pair) => pair.Length == 2
        ? new ContentSegment(Hex(pair[0].GetString() ?? ""), pair[1].GetInt32())
        : throw new FormatException("a content segment is a pair [\"id\", tokens].");

    private static ulong Hex(string text) => ulong.Parse(text, NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    private static JsonElement Json<T>(T value) => JsonSerializer.SerializeToElement(value);

    private sealed record Line
    {
        [JsonPropertyName("arrival_ns"), JsonRequired, JsonIgnore(Condition = JsonIgnoreCondition.Never)]
        public long ArrivalNs { get; init; }

        [JsonPropertyName("input_tokens"), JsonRequired]
        public int InputTokens { get; init; }

        [JsonPropertyName("output_tokens"), JsonRequired]
        public int OutputTokens { get; init; }

        [JsonPropertyName("content")]
        public JsonElement[][]? Content { get; init; }

        [JsonPropertyName("session")]
        public string? Session { get; init; }

        [JsonPropertyName("priority")]
        public int Priority { get; init; }

        [JsonPropertyName("model")]
        public string? Model { get; init; }
    }
}
