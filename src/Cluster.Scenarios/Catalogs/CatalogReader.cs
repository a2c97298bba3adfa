using System.Text.Json;
using System.Text.Json.Nodes;

namespace Cluster.Scenarios.Catalogs;

/// <summary>The catalog could not be read; the message lists every reason.</summary>
public sealed class CatalogException : Exception
{
    public CatalogException(string message)
        : base(message)
    {
    }

    public CatalogException(string message, Exception inner)
        : base(message, inner)
    {
    }

    public CatalogException()
    {
    }
}

/// <summary>Reads catalog files strictly and collects what is wrong with all of them.</summary>
internal sealed class CatalogReader(string directory)
{
    private readonly List<string> _failures = [];

    public IReadOnlyDictionary<string, T> Read<T>(string folder, Func<T, string> nameOf)
    {
        var items = new SortedDictionary<string, T>(StringComparer.Ordinal);
        var path = Path.Combine(directory, folder);
        if (!Directory.Exists(path))
        {
            _failures.Add($"{path}: no such folder; a catalog has gpus/, links/, engines/ and models/.");
            return items;
        }

        foreach (var file in Directory.EnumerateFiles(path, "*.json").Order(StringComparer.Ordinal))
        {
            var id = Path.GetFileNameWithoutExtension(file);
            if (ReadFile<T>(folder, id, file) is not { } item) continue;
            if (nameOf(item) != id) Fail(folder, id, $"name is '{nameOf(item)}', the file says '{id}'; they must be the same.");
            items.Add(id, item);
        }

        return items;
    }

    public void Fail(string folder, string id, string reason) => _failures.Add($"catalog/{folder}/{id}.json: {reason}");

    public void ThrowIfFailed()
    {
        if (_failures.Count > 0) throw new CatalogException(string.Join(Environment.NewLine, _failures));
    }

    private T? ReadFile<T>(string folder, string id, string file)
    {
        try
        {
            if (JsonNode.Parse(File.ReadAllText(file)) is not JsonObject root) throw new JsonException("not a JSON object.");
            TakeSources(root, reason => Fail(folder, id, reason));
            return root.Deserialize<T>(CatalogJson.Options);
        }
        catch (JsonException e)
        {
            Fail(folder, id, e.Message);
            return default;
        }
    }

    /// <summary>Replaces <c>sources</c> (key → where its number comes from) by one <c>source</c> text, having checked that every key has one.</summary>
    private static void TakeSources(JsonObject root, Action<string> fail)
    {
        if (root["sources"] is not JsonObject sources || sources.Count == 0)
        {
            fail("'sources' is missing: an object that names the source of every other key.");
            root.Remove("sources");
            root["source"] = "";
            return;
        }

        foreach (var (key, _) in root)
            if (key is not ("name" or "aliases" or "sources" or "derived_from") && !sources.ContainsKey(key) && !sources.ContainsKey("*"))
                fail($"'sources' has no entry for '{key}' and none for '*'.");
        foreach (var (key, text) in sources)
        {
            if (key != "*" && !root.ContainsKey(key)) fail($"'sources' names '{key}', which the file does not have.");
            if (text is not JsonValue value || !value.TryGetValue<string>(out var words) || string.IsNullOrWhiteSpace(words)) fail($"'sources.{key}' must be a text.");
        }

        root["source"] = string.Join("; ", sources.Select(s => s.Key == "*" ? $"{s.Value}" : $"{s.Key}: {s.Value}"));
        root.Remove("sources");
    }
}
