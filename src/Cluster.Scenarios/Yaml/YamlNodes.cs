namespace Cluster.Scenarios.Yaml;

/// <summary>A parsed YAML value that remembers where it stands, even after merging.</summary>
internal abstract record Node(SourceLocation At);

/// <param name="Text">As written; empty for null.</param>
/// <param name="IsNull">Written as nothing, <c>~</c> or <c>null</c>.</param>
internal sealed record ScalarNode(SourceLocation At, string Text, bool IsNull) : Node(At);

internal sealed record ListNode(SourceLocation At, IReadOnlyList<Node> Items) : Node(At);

internal sealed record MapNode(SourceLocation At, IReadOnlyList<MapEntry> Entries) : Node(At)
{
    public MapEntry? Find(string key) => Entries.FirstOrDefault(e => e.Key == key);

    public MapNode With(MapEntry entry) =>
        new(At, Find(entry.Key) is null ? [.. Entries, entry] : [.. Entries.Select(e => e.Key == entry.Key ? entry : e)]);

    public MapNode Without(params IReadOnlyCollection<string> keys) => new(At, [.. Entries.Where(e => !keys.Contains(e.Key))]);
}

internal sealed record MapEntry(string Key, SourceLocation KeyAt, Node Value);
