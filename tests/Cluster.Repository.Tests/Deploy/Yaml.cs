using YamlDotNet.Core;
using YamlDotNet.Serialization;

namespace Cluster.Repository.Tests.Deploy;

/// <summary>YAML as dictionaries, lists and text, with paths into it.</summary>
internal static class Yaml
{
    public static object? Parse(string text) => new DeserializerBuilder().Build().Deserialize(new MergingParser(new Parser(new StringReader(text))));

    public static string Write(object? node) => new SerializerBuilder().Build().Serialize(node ?? new Dictionary<object, object>()).TrimEnd();

    /// <summary>What is at <c>a.b.0.c</c>, or null.</summary>
    public static object? At(this object? node, string path)
    {
        foreach (var step in path.Split('.'))
        {
            node = node switch
            {
                IDictionary<object, object> map => map.TryGetValue(step, out var inner) ? inner : null,
                IList<object> list when int.TryParse(step, out var index) && index < list.Count => list[index],
                _ => null,
            };
        }

        return node;
    }

    public static string Text(this object? node, string path) => node.At(path) as string ?? "";

    public static IEnumerable<object> List(this object? node, string path) => node.At(path) as IList<object> ?? [];

    public static IDictionary<object, object> Map(this object? node, string path) =>
        node.At(path) as IDictionary<object, object> ?? new Dictionary<object, object>();
}
