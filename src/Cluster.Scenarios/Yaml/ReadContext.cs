using System.Text.Json.Nodes;

namespace Cluster.Scenarios.Yaml;

/// <summary>What one reading of a document collects: every error, and where each key stands.</summary>
internal sealed class ReadContext(string file, List<ScenarioError> errors)
{
    private readonly Dictionary<string, SourceLocation> _places = new(StringComparer.Ordinal);
    private readonly HashSet<(SourceLocation, string)> _seen = [.. errors.Select(e => (e.At, e.Message))];

    public string File { get; } = file;

    public bool HasErrors => errors.Count > 0;

    /// <summary>Paths in the document are relative to this folder.</summary>
    public string Directory { get; init; } = "";

    /// <summary>True while the readers run over nothing, only to say which keys there are.</summary>
    public bool Describing { get; init; }

    public void Place(string path, SourceLocation at) => _places[path] = at;

    /// <summary>Where the key stands, or the nearest key above it that was written.</summary>
    public SourceLocation At(string path)
    {
        for (var key = path; ; key = key[..key.LastIndexOf('.')])
        {
            if (_places.TryGetValue(key, out var at)) return at;
            if (!key.Contains('.', StringComparison.Ordinal)) return _places.GetValueOrDefault("", new SourceLocation(File, 0, 0));
        }
    }

    /// <summary>Adds an error once, however many variants share the line.</summary>
    public void Add(ScenarioError error)
    {
        if (_seen.Add((error.At, error.Message))) errors.Add(error);
    }

    public static JsonObject NewSchema() => new() { ["type"] = "object", ["additionalProperties"] = false, ["properties"] = new JsonObject() };
}
