namespace Cluster.Gateway.Structured;

/// <summary>One schema, read and checked: knows how to write a value that satisfies it.</summary>
internal abstract class SchemaNode
{
    /// <summary>No value has so many levels: the schema asks for itself without end.</summary>
    public const int Endless = int.MaxValue;

    /// <summary>Fewest levels of containers that a value needs. Set by <see cref="SchemaHeights"/>.</summary>
    public int Height { get; set; } = Endless;

    /// <summary>Schemas that this one refers to.</summary>
    public virtual IEnumerable<SchemaNode> Parts => [];

    /// <summary><see cref="Height"/>, from the heights of its parts as far as they are known.</summary>
    public virtual int HeightNow() => 0;

    /// <summary>Appends a value.</summary>
    /// <exception cref="SchemaException">No value was found.</exception>
    public abstract void Write(Composer to);
}

/// <summary>Finds out how deep values must be, so that a schema that refers to itself comes to an end.</summary>
internal static class SchemaHeights
{
    /// <exception cref="SchemaException">No finite value satisfies it.</exception>
    public static void Settle(SchemaNode root)
    {
        var all = new List<SchemaNode>();
        Collect(root, all, new HashSet<SchemaNode>(ReferenceEqualityComparer.Instance));
        for (var isSettled = false; !isSettled;)
        {
            isSettled = true;
            for (var i = all.Count - 1; i >= 0; i--)
            {
                var height = all[i].HeightNow();
                if (height == all[i].Height) continue;
                (all[i].Height, isSettled) = (height, false);
            }
        }

        if (root.Height == SchemaNode.Endless) throw new SchemaException("no value satisfies the schema: it is false, or requires itself within itself without end");
    }

    /// <summary>One level above the deepest of <paramref name="parts"/>.</summary>
    public static int Above(IEnumerable<SchemaNode> parts)
    {
        var deepest = -1;
        foreach (var part in parts) deepest = Math.Max(deepest, part.Height);
        return deepest == SchemaNode.Endless ? SchemaNode.Endless : deepest + 1;
    }

    private static void Collect(SchemaNode root, List<SchemaNode> all, HashSet<SchemaNode> seen)
    {
        var waiting = new Stack<SchemaNode>([root]);
        while (waiting.TryPop(out var node))
        {
            if (!seen.Add(node)) continue;
            all.Add(node);
            foreach (var part in node.Parts) waiting.Push(part);
        }
    }
}
