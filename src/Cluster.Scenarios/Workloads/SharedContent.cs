using System.Collections.Immutable;
using Cluster.Engine.Requests;
using Cluster.Engine.Units;
using Cluster.Scenarios.Sections;

namespace Cluster.Scenarios.Workloads;

/// <summary>Draws paths through a tree of prefixes; see <see cref="PrefixSection"/>.</summary>
internal sealed class PrefixTree(PrefixSection prefix, ulong seed)
{
    private readonly Zipf _choice = new(prefix.Branching, prefix.Skew);

    /// <summary>Adds the segments of one path, root first.</summary>
    public void AddPath(ImmutableArray<ContentSegment>.Builder segments, RandomStream random)
    {
        var node = Ids.Of(seed, Ids.Prefix, 0);
        for (var level = 0; level < prefix.Depth; level++)
        {
            node = Hashing.Mix(node, (ulong)_choice.Draw(random));
            var tokens = (long)prefix.Tokens * (level + 1) / prefix.Depth - (long)prefix.Tokens * level / prefix.Depth;
            segments.Add(new ContentSegment(node, (int)tokens));
        }
    }
}

/// <summary>Draws the documents of a prompt; see <see cref="RagSection"/>.</summary>
internal sealed class Corpus(RagSection rag, ulong seed)
{
    private readonly Zipf _popularity = new(rag.Corpus, rag.Skew);

    /// <summary>Adds the prompt's documents, most popular first, so that popular ones share a prefix.</summary>
    public void AddDocuments(ImmutableArray<ContentSegment>.Builder segments, RandomStream random)
    {
        var drawn = new SortedSet<int>();
        for (var tries = 0; drawn.Count < rag.Documents && tries < 100 * rag.Documents; tries++) drawn.Add(_popularity.Draw(random));
        for (var rank = 0; drawn.Count < rag.Documents; rank++) drawn.Add(rank);
        foreach (var document in drawn) segments.Add(new ContentSegment(Ids.Of(seed, Ids.Document, (ulong)document), rag.Tokens));
    }
}
