using System.Text.Json;

namespace Cluster.Report;

/// <summary>
/// Writes a run as a trace for ui.perfetto.dev or chrome://tracing, event by event: memory stays the same however long the
/// run. Instances and links are tracks; times are emulated. Not thread-safe. Dispose it to end the file.
/// </summary>
public sealed class TimelineWriter : IDisposable
{
    private const int FlushBytes = 64 * 1024;
    private readonly Stream _to;
    private readonly Utf8JsonWriter _json;
    private readonly Dictionary<string, int> _processes = new(StringComparer.Ordinal);
    private readonly Dictionary<(int, string), int> _tracks = [];
    private bool _ended;
    private long _transfers;

    /// <param name="to">Stays open.</param>
    public TimelineWriter(Stream to)
    {
        _to = to;
        _json = new Utf8JsonWriter(to);
        _json.WriteStartObject();
        _json.WriteString("displayTimeUnit", "ms");
        _json.WriteStartArray("traceEvents");
    }

    /// <summary>A step of an instance.</summary>
    /// <param name="variant">Groups tracks: one process per variant.</param>
    public void Step(string variant, string instance, long startNs, long durationNs, long tokens, int prefillSequences, int decodeSequences, string wall)
    {
        Begin("X", prefillSequences == 0 ? "decode" : decodeSequences == 0 ? "prefill" : "mixed", variant, instance, startNs);
        Microseconds("dur", durationNs);
        _json.WriteStartObject("args");
        _json.WriteNumber("tokens", tokens);
        _json.WriteNumber("prefill_sequences", prefillSequences);
        _json.WriteNumber("decode_sequences", decodeSequences);
        _json.WriteString("wall", wall);
        _json.WriteEndObject();
        End();
    }

    /// <summary>Gives tracks their places, from top to bottom, before anything happens on them.</summary>
    public void Declare(string variant, IEnumerable<string> tracks)
    {
        ArgumentNullException.ThrowIfNull(tracks);
        foreach (var track in tracks) Track(variant, track);
    }

    /// <summary>A KV transfer; those out of one instance may overlap.</summary>
    public void Transfer(string variant, string source, string destination, long startNs, long durationNs) =>
        Nested(variant, $"KV out of {source}", "transfer", $"{variant}/{source}/{++_transfers}", $"to {destination}", startNs, startNs + durationNs, []);

    /// <summary>A value over time, e.g. KV usage: a graph under its instance.</summary>
    public void Value(string variant, string track, string name, long atNs, double value)
    {
        Begin("C", $"{track} {name}", variant, track, atNs);
        _json.WriteStartObject("args");
        _json.WriteNumber(name, value);
        _json.WriteEndObject();
        End();
    }

    /// <summary>A request's life and its parts, e.g. hops, which stand beneath it.</summary>
    public void Request(string variant, long requestId, long startNs, long endNs, IReadOnlyList<(string Name, long StartNs, long DurationNs)> parts) =>
        Nested(variant, "requests", "request", $"{variant}/{requestId}", $"request {requestId}", startNs, endNs, parts);

    /// <summary>Begins and ends in the order in which they nest: at the same moment, readers go by the order in the file.</summary>
    private void Nested(string variant, string track, string category, string id, string name, long startNs, long endNs, IReadOnlyList<(string Name, long StartNs, long DurationNs)> parts)
    {
        Edge("b", name, startNs);
        foreach (var part in parts)
        {
            Edge("b", part.Name, part.StartNs);
            Edge("e", part.Name, part.StartNs + part.DurationNs);
        }

        Edge("e", name, endNs);

        void Edge(string phase, string what, long atNs)
        {
            Begin(phase, what, variant, track, atNs);
            _json.WriteString("cat", category);
            _json.WriteString("id", id);
            End();
        }
    }

    /// <summary>Something that happened at once: a fault, a preemption.</summary>
    public void Mark(string variant, string track, string name, long atNs)
    {
        Begin("i", name, variant, track, atNs);
        _json.WriteString("s", "t");
        End();
    }

    public void Dispose()
    {
        if (_ended) return;
        _ended = true;
        _json.WriteEndArray();
        _json.WriteEndObject();
        _json.Dispose();
        _to.Flush();
    }

    private void Begin(string phase, string name, string variant, string track, long atNs)
    {
        var (pid, tid) = Track(variant, track);
        _json.WriteStartObject();
        _json.WriteString("ph", phase);
        _json.WriteString("name", name);
        _json.WriteNumber("pid", pid);
        _json.WriteNumber("tid", tid);
        Microseconds("ts", atNs);
    }

    private void End()
    {
        _json.WriteEndObject();
        if (_json.BytesPending > FlushBytes) _json.Flush();
    }

    private void Microseconds(string name, long ns)
    {
        _json.WritePropertyName(name);
        _json.WriteRawValue(FormattableString.Invariant($"{ns / 1_000}.{ns % 1_000:000}"), skipInputValidation: true);
    }

    private (int Pid, int Tid) Track(string variant, string track)
    {
        if (!_processes.TryGetValue(variant, out var pid)) Name("process_name", variant, _processes[variant] = pid = _processes.Count + 1, 0);
        if (!_tracks.TryGetValue((pid, track), out var tid)) Name("thread_name", track, pid, _tracks[(pid, track)] = tid = _tracks.Count + 1);
        return (pid, tid);
    }

    private void Name(string what, string name, int pid, int tid)
    {
        _json.WriteStartObject();
        _json.WriteString("ph", "M");
        _json.WriteString("name", what);
        _json.WriteNumber("pid", pid);
        _json.WriteNumber("tid", tid);
        _json.WriteStartObject("args");
        _json.WriteString("name", name);
        _json.WriteEndObject();
        _json.WriteEndObject();
    }
}
