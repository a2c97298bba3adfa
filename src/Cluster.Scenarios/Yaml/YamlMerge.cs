namespace Cluster.Scenarios.Yaml;

/// <summary>Lays one map over another: how a variant changes its scenario and a pool its cluster.</summary>
internal static class YamlMerge
{
    /// <summary>
    /// Keys of <paramref name="over"/> win; maps merge key by key; null removes a key. Keys listed in
    /// <paramref name="whole"/> (full paths) are replaced whole, because a mixture of two of them means nothing.
    /// Of a group in <paramref name="exclusive"/> only the newly named key stays.
    /// </summary>
    public static MapNode Lay(
        MapNode under, MapNode over, IReadOnlySet<string> whole, IReadOnlyList<IReadOnlyList<string>> exclusive, string path = "")
    {
        var result = under;
        foreach (var entry in over.Entries)
        {
            var key = path.Length == 0 ? entry.Key : $"{path}.{entry.Key}";
            foreach (var group in exclusive)
            {
                if (group.Contains(key)) result = result.Without([.. group.Where(k => k != key).Select(k => k[(k.LastIndexOf('.') + 1)..])]);
            }

            if (entry.Value is ScalarNode { IsNull: true })
                result = result.Without(entry.Key);
            else if (!whole.Contains(key) && entry.Value is MapNode map && result.Find(entry.Key)?.Value is MapNode old)
                result = result.With(entry with { Value = Lay(old, map, whole, exclusive, key) });
            else
                result = result.With(entry);
        }

        return result;
    }

    /// <summary>Takes one key out by its full path, if it is there.</summary>
    public static MapNode Remove(MapNode root, string path)
    {
        var dot = path.IndexOf('.', StringComparison.Ordinal);
        if (dot < 0) return root.Without(path);
        return root.Find(path[..dot]) is { Value: MapNode child } entry ? root.With(entry with { Value = Remove(child, path[(dot + 1)..]) }) : root;
    }

    /// <summary>Sets one value by its full path (<c>topology.prefill.tp</c>), making the maps on the way.</summary>
    public static MapNode Set(MapNode root, string path, Node value)
    {
        var dot = path.IndexOf('.', StringComparison.Ordinal);
        if (dot < 0) return root.With(new MapEntry(path, value.At, value));
        var (head, rest) = (path[..dot], path[(dot + 1)..]);
        var child = root.Find(head)?.Value as MapNode ?? new MapNode(value.At, []);
        return root.With(new MapEntry(head, root.Find(head)?.KeyAt ?? value.At, Set(child, rest, value)));
    }
}
