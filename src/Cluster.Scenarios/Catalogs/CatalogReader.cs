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
/// <param name="own">A folder laid over the first: its entries are added, or replace those of the same id. It may hold some kinds only.</param>
internal sealed class CatalogReader(string directory, string? own = null)
{
    private readonly List<string> _failures = [];

    /// <param name="optional">The folder may be missing.</param>
    public IReadOnlyDictionary<string, T> Read<T>(string folder, Func<T, string> nameOf, bool optional = false)
    {
        var items = new SortedDictionary<string, T>(StringComparer.Ordinal);
        var path = Path.Combine(directory, folder);
        if (!Directory.Exists(path))
        {
            if (!optional) _failures.Add($"{path}: no such folder; a catalog has gpus/, links/, engines/ and models/.");
            return items;
        }

        foreach (var file in Directory.EnumerateFiles(path, "*.json").Order(StringComparer.Ordinal).Concat(OwnFiles(folder)))
        {
            var id = Path.GetFileNameWithoutExtension(file);
            if (ReadFile<T>(folder, id, file) is not { } item) continue;
            if (nameOf(item) != id) Fail(folder, id, $"name is '{nameOf(item)}', the file says '{id}'; they must be the same.");
            items[id] = item;
        }

        return items;
    }

    /// <summary>As <see cref="Read"/>, one entry at a time when it is asked for: for the catalog that ships, which tests read whole.</summary>
    /// <param name="check">Further rules; told reasons fail the entry.</param>
    public static IReadOnlyDictionary<string, T> ReadLater<T>(string directory, string folder, Func<T, string> nameOf, Action<T, Action<string>>? check = null)
    {
        var path = Path.Combine(directory, folder);
        if (!Directory.Exists(path)) throw new CatalogException($"{path}: no such folder; a catalog has gpus/, links/, engines/ and models/.");
        return new CatalogEntries<T>(Directory.EnumerateFiles(path, "*.json").Select(f => Path.GetFileNameWithoutExtension(f)), id =>
        {
            var reader = new CatalogReader(directory);
            var item = reader.ReadFile<T>(folder, id, Path.Combine(path, $"{id}.json"));
            if (item is not null && nameOf(item) != id) reader.Fail(folder, id, $"name is '{nameOf(item)}', the file says '{id}'; they must be the same.");
            if (item is not null) check?.Invoke(item, reason => reader.Fail(folder, id, reason));
            reader.ThrowIfFailed();
            return item!;
        });
    }

    public void Fail(string folder, string id, string reason) => _failures.Add($"catalog/{folder}/{id}.json: {reason}");

    public void ThrowIfFailed()
    {
        if (_failures.Count > 0) throw new CatalogException(string.Join(Environment.NewLine, _failures));
    }

    private IEnumerable<string> OwnFiles(string folder)
    {
        if (own is null) return [];
        if (!Directory.Exists(own))
        {
            if (!_failures.Exists(f => f.StartsWith(own, StringComparison.Ordinal))) _failures.Add($"{own}: no such folder; XPYD_CATALOG names one with models/, gpus/, links/ or engines/ in it.");
            return [];
        }

        var path = Path.Combine(own, folder);
        return Directory.Exists(path) ? Directory.EnumerateFiles(path, "*.json").Order(StringComparer.Ordinal) : [];
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
