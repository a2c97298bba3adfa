using System.Text.Json;
using Cluster.Gateway.Text;

namespace Cluster.Gateway.Structured;

/// <summary>Another schema, named by <c>$ref</c>; the target is known once all has been read.</summary>
internal sealed class RefNode : SchemaNode
{
    public SchemaNode? Target { get; set; }

    public override IEnumerable<SchemaNode> Parts => [Target!];

    public override int HeightNow() => Target!.Height;

    public override void Write(Composer to) => Target!.Write(to);
}

/// <summary>One of several; where the answer is to stay small, one of the flattest.</summary>
internal sealed class UnionNode(IReadOnlyList<SchemaNode> branches) : SchemaNode
{
    public override IEnumerable<SchemaNode> Parts => branches;

    public override int HeightNow() => branches.Count == 0 ? Endless : branches.Min(b => b.Height);

    public override void Write(Composer to)
    {
        var most = to.IsFrugal ? Height : Endless - 1;
        to.Pick(branches.Where(b => b.Height <= most).ToList()).Write(to);
    }
}

/// <summary>A list: its first items by place, the others alike.</summary>
/// <param name="items">Null: no more than <paramref name="prefix"/> has.</param>
internal sealed class ArrayNode(IReadOnlyList<SchemaNode> prefix, SchemaNode? items, int minItems, int? maxItems, bool isUnique) : SchemaNode
{
    private const int UsualItems = 3;
    private const int Attempts = 32;

    public override IEnumerable<SchemaNode> Parts => items is null ? prefix : prefix.Append(items);

    public override int HeightNow()
    {
        if (items is null && minItems > prefix.Count) return Endless;
        var needed = prefix.Take(minItems);
        return SchemaHeights.Above(minItems > prefix.Count ? needed.Append(items!) : needed);
    }

    public override void Write(Composer to)
    {
        var possible = prefix.TakeWhile(p => p.Height != Endless).Count();
        var most = possible < prefix.Count || items is null || items.Height == Endless ? possible : Math.Max(possible, minItems) + UsualItems;
        most = Math.Min(most, maxItems ?? int.MaxValue);
        var least = Math.Max(minItems, Math.Min(1, most));
        var count = to.IsFrugal ? minItems : to.Between(Math.Min(least, most), most);
        var seen = isUnique ? new HashSet<string>() : null;
        to.Append("[");
        to.Depth++;
        for (var i = 0; i < count; i++)
        {
            var start = to.Length;
            if (i > 0) to.Append(", ");
            if (Item(i < prefix.Count ? prefix[i] : items!, to, seen)) continue;
            to.TakeBack(start);
            if (i < minItems) throw new SchemaException($"uniqueItems: no {minItems} different items were found");
            break;
        }

        to.Depth--;
        to.Append("]");
    }

    private static bool Item(SchemaNode schema, Composer to, HashSet<string>? seen)
    {
        var start = to.Length;
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            to.Try();
            schema.Write(to);
            if (seen is null || seen.Add(to.Since(start))) return true;
            to.TakeBack(start);
        }

        return false;
    }
}

/// <summary>A property that a schema names.</summary>
internal sealed record PropertyNode(string Name, SchemaNode Schema, bool IsRequired);

/// <summary>An object: named properties in their order, and invented ones where more are needed, or none are named.</summary>
/// <param name="others">Schema of properties without a name; null: there are none.</param>
/// <param name="names">What invented names have to be; null: anything.</param>
internal sealed class ObjectNode(IReadOnlyList<PropertyNode> properties, SchemaNode? others, int minProperties, int? maxProperties, SchemaNode? names = null) : SchemaNode
{
    private const int UsualInvented = 4;
    private const int Attempts = 200;

    public override IEnumerable<SchemaNode> Parts
    {
        get
        {
            foreach (var property in properties) yield return property.Schema;
            if (others is not null) yield return others;
            if (names is not null) yield return names;
        }
    }

    /// <summary>An object without named properties.</summary>
    public static ObjectNode Free(SchemaNode others, int minProperties, int? maxProperties) => new([], others, minProperties, maxProperties);

    public override int HeightNow()
    {
        var required = properties.Where(p => p.IsRequired).Select(p => p.Schema);
        var optional = properties.Where(p => !p.IsRequired && p.Schema.Height != Endless).OrderBy(p => p.Schema.Height).Select(p => p.Schema).ToList();
        var missing = Math.Max(0, minProperties - properties.Count(p => p.IsRequired));
        if (missing > optional.Count && others is not null) return SchemaHeights.Above(required.Concat(optional).Append(others));
        return missing > optional.Count ? Endless : SchemaHeights.Above(required.Concat(optional.Take(missing)));
    }

    public override void Write(Composer to)
    {
        var chosen = Chosen(to);
        var invented = Invented(to, chosen.Count);
        to.Append("{");
        to.Depth++;
        var isFirst = true;
        foreach (var property in chosen.Concat(invented))
        {
            if (!isFirst) to.Append(", ");
            isFirst = false;
            to.AppendString(property.Name);
            to.Append(": ");
            property.Schema.Write(to);
        }

        to.Depth--;
        to.Append("}");
    }

    /// <summary>The required ones, as many optional ones as are needed, and three of four of the rest.</summary>
    private List<PropertyNode> Chosen(Composer to)
    {
        var count = properties.Count(p => p.IsRequired);
        var optional = properties.Where(p => !p.IsRequired && p.Schema.Height != Endless).ToList();
        if (to.IsFrugal) optional = [.. optional.OrderBy(p => p.Schema.Height)];
        var taken = new HashSet<PropertyNode>(ReferenceEqualityComparer.Instance);
        foreach (var property in optional)
        {
            var isNeeded = count < minProperties;
            var isWanted = !to.IsFrugal && count < (maxProperties ?? int.MaxValue) && to.Below(4) > 0;
            if (!isNeeded && !isWanted) continue;
            taken.Add(property);
            count++;
        }

        return [.. properties.Where(p => p.IsRequired || taken.Contains(p))];
    }

    private List<PropertyNode> Invented(Composer to, int named)
    {
        var least = Math.Max(0, minProperties - named);
        if (others is null || others.Height == Endless) return [];
        var most = properties.Count > 0 || to.IsFrugal ? least : Math.Max(least, Math.Min(UsualInvented, (maxProperties ?? UsualInvented) - named));
        var count = to.Between(properties.Count > 0 ? least : Math.Min(most, Math.Max(1, least)), most);
        var taken = properties.Select(p => p.Name).ToHashSet();
        var invented = new List<PropertyNode>();
        for (var attempt = 0; invented.Count < count && attempt < Attempts + 4 * count; attempt++)
        {
            to.Try();
            var name = names is null ? to.Pick(Lexicon.Nouns) : Name(names, to);
            if (!taken.Add(name) && (names is not null || !taken.Add(name += $"_{invented.Count}"))) continue;
            invented.Add(new PropertyNode(name, others, true));
        }

        return invented.Count >= least ? invented : throw new SchemaException($"no {minProperties} different names were found that propertyNames allows");
    }

    private static string Name(SchemaNode names, Composer to)
    {
        var start = to.Length;
        names.Write(to);
        var json = to.Since(start);
        to.TakeBack(start);
        return JsonSerializer.Deserialize<string>(json)!;
    }
}
