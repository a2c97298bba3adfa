using System.Text;

namespace Cluster.Scenarios.Yaml;

/// <summary>Nodes → text, in the manner scenarios are written: sections in blocks, what is inside them on one line.</summary>
internal static class YamlWriter
{
    private const int MaxLine = 110;

    public static string Write(MapNode root)
    {
        var text = new StringBuilder();
        Block(text, root, 0);
        return text.ToString();
    }

    private static void Block(StringBuilder text, MapNode map, int indent)
    {
        foreach (var (key, _, value) in map.Entries)
        {
            var inline = Inline(value);
            text.Append(' ', indent).Append(Scalar(key)).Append(':');
            if (value is MapNode { Entries.Count: > 0 } inner && (Nests(inner) || indent + key.Length + inline.Length > MaxLine))
            {
                text.Append('\n');
                Block(text, inner, indent + 2);
            }
            else
            {
                text.Append(' ').Append(inline).Append('\n');
            }
        }
    }

    private static bool Nests(MapNode map) => map.Entries.Any(e => e.Value is MapNode);

    private static string Inline(Node node) => node switch
    {
        ScalarNode { IsNull: true } => "null",
        ScalarNode scalar => Scalar(scalar.Text),
        ListNode list => $"[{string.Join(", ", list.Items.Select(Inline))}]",
        MapNode { Entries.Count: 0 } => "{}",
        MapNode map => $"{{ {string.Join(", ", map.Entries.Select(e => $"{Scalar(e.Key)}: {Inline(e.Value)}"))} }}",
        _ => throw new ArgumentOutOfRangeException(nameof(node), node, "Not a node of a scenario."),
    };

    private static string Scalar(string text)
    {
        var plain = text.Length > 0 && text is not ("~" or "null") && char.IsLetterOrDigit(text[0])
            && text.All(c => char.IsLetterOrDigit(c) || c is '-' or '_' or '.' or '/' or '+' or '%');
        return plain ? text : $"'{text.Replace("'", "''", StringComparison.Ordinal)}'";
    }
}
