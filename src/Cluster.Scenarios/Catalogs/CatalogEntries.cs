using System.Collections;
using System.Diagnostics.CodeAnalysis;

namespace Cluster.Scenarios.Catalogs;

/// <summary>Entries of one kind by id, each read when it is first asked for: a command looks at three files of sixty.</summary>
/// <param name="read">Reads an entry; throws <see cref="CatalogException"/> when it is not right.</param>
internal sealed class CatalogEntries<T>(IEnumerable<string> ids, Func<string, T> read) : IReadOnlyDictionary<string, T>
{
    private readonly SortedDictionary<string, Lazy<T>> _entries = new(ids.ToDictionary(id => id, id => new Lazy<T>(() => read(id))), StringComparer.Ordinal);

    public int Count => _entries.Count;

    public IEnumerable<string> Keys => _entries.Keys;

    public IEnumerable<T> Values => _entries.Values.Select(e => e.Value);

    public T this[string key] => _entries[key].Value;

    public bool ContainsKey(string key) => _entries.ContainsKey(key);

    public bool TryGetValue(string key, [MaybeNullWhen(false)] out T value)
    {
        var found = _entries.TryGetValue(key, out var entry);
        value = found ? entry!.Value : default;
        return found;
    }

    public IEnumerator<KeyValuePair<string, T>> GetEnumerator() => _entries.Select(e => KeyValuePair.Create(e.Key, e.Value.Value)).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
