using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Cluster.Scenarios.Yaml;

/// <summary>Text → nodes. Only the YAML a scenario needs: maps, lists, scalars; anchors and tags are refused by name.</summary>
internal static class YamlText
{
    private const int MaxDepth = 32;

    /// <summary>The document's root map; null after a syntax error, which is added to <paramref name="errors"/>.</summary>
    public static MapNode? Parse(string text, string file, List<ScenarioError> errors)
    {
        var parser = new YamlDotNet.Core.Parser(new StringReader(text));
        try
        {
            parser.Consume<StreamStart>();
            if (parser.Accept<StreamEnd>(out _)) return Refuse(errors, new(file, 1, 1), "The file is empty.");
            parser.Consume<DocumentStart>();
            var root = Read(parser, file, errors, "", 0);
            parser.Consume<DocumentEnd>();
            if (parser.Accept<DocumentStart>(out var second))
                return Refuse(errors, At(file, second.Start), "A scenario file holds one YAML document; remove the '---'.");
            return root as MapNode ?? Refuse(errors, root.At, "A scenario is a map of keys, e.g. 'name: my-cluster'.");
        }
        catch (YamlException e)
        {
            return Refuse(errors, At(file, e.Start), $"Not valid YAML: {e.Message.TrimEnd('.')}.");
        }
        catch (InvalidOperationException)
        {
            // The library's scanner loses count on some texts with unbalanced brackets; the last event says where.
            var place = parser.Current is { } last ? At(file, last.End) : new SourceLocation(file, 1, 1);
            return Refuse(errors, place, "Not valid YAML: a bracket, brace or quote is not closed around here.");
        }
    }

    private static MapNode? Refuse(List<ScenarioError> errors, SourceLocation at, string message)
    {
        errors.Add(new ScenarioError(at, "", message));
        return null;
    }

    private static Node Read(YamlDotNet.Core.Parser parser, string file, List<ScenarioError> errors, string path, int depth)
    {
        var next = parser.Consume<ParsingEvent>();
        var at = At(file, next.Start);
        if (depth > MaxDepth) throw new YamlException(next.Start, next.End, $"nested deeper than {MaxDepth} levels");
        if (next is NodeEvent node && !(node.Anchor.IsEmpty && node.Tag.IsEmpty))
            throw new YamlException(next.Start, next.End, "anchors, aliases and tags are not used in scenarios; write the value out");
        switch (next)
        {
            case Scalar scalar:
                var isNull = scalar.Style == ScalarStyle.Plain && scalar.Value is "" or "~" or "null";
                return new ScalarNode(at, isNull ? "" : scalar.Value, isNull);
            case SequenceStart:
                var items = new List<Node>();
                while (!parser.TryConsume<SequenceEnd>(out _)) items.Add(Read(parser, file, errors, $"{path}[{items.Count}]", depth + 1));
                return new ListNode(at, items);
            case MappingStart:
                return ReadMap(parser, file, errors, path, at, depth);
            default:
                throw new YamlException(next.Start, next.End, "anchors, aliases and tags are not used in scenarios; write the value out");
        }
    }

    private static MapNode ReadMap(
        YamlDotNet.Core.Parser parser, string file, List<ScenarioError> errors, string path, SourceLocation at, int depth)
    {
        var entries = new List<MapEntry>();
        while (!parser.TryConsume<MappingEnd>(out _))
        {
            if (!parser.TryConsume<Scalar>(out var key))
                throw new YamlException(parser.Current!.Start, parser.Current.End, "a key must be a plain word");
            var keyPath = path.Length == 0 ? key.Value : $"{path}.{key.Value}";
            var value = Read(parser, file, errors, keyPath, depth + 1);
            if (entries.Find(e => e.Key == key.Value) is { } first)
                errors.Add(new ScenarioError(At(file, key.Start), keyPath, $"Written twice; first on line {first.KeyAt.Line}."));
            else
                entries.Add(new MapEntry(key.Value, At(file, key.Start), value));
        }

        return new MapNode(at, entries);
    }

    private static SourceLocation At(string file, Mark mark) => new(file, (int)mark.Line, (int)mark.Column);
}
