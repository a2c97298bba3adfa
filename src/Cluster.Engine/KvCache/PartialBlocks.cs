using Cluster.Engine.Requests;

namespace Cluster.Engine.KvCache;

/// <summary>
/// The last, unfilled blocks of prompts that sequences hold. One that begins alike copies such a block before it writes into
/// it, and computes only what differs: what forked samples of one prompt share beyond its full blocks (vLLM's copy-on-write,
/// arXiv:2309.06180 §4.4; TensorRT-LLM's <c>copy_on_partial_reuse</c>). Copying a block within HBM takes microseconds and is
/// counted, not timed.
/// </summary>
public sealed class PartialBlocks
{
    private readonly Dictionary<ulong, List<Entry>> _byParent = [];

    private readonly record struct Entry(long SequenceId, TokenContent Content, int Tokens);

    /// <summary>Blocks that can be copied.</summary>
    public int Count { get; private set; }

    /// <summary>A sequence holds a block that is not full.</summary>
    /// <param name="parent">Key of the full block before it; 0 when there is none.</param>
    /// <param name="tokens">Tokens of the sequence up to its end.</param>
    public void Add(ulong parent, long sequenceId, TokenContent content, int tokens)
    {
        if (!_byParent.TryGetValue(parent, out var entries)) _byParent.Add(parent, entries = []);
        entries.Add(new Entry(sequenceId, content, tokens));
        Count++;
    }

    /// <summary>The sequence holds it no more.</summary>
    public void Remove(ulong parent, long sequenceId)
    {
        if (!_byParent.TryGetValue(parent, out var entries)) return;
        Count -= entries.RemoveAll(e => e.SequenceId == sequenceId);
        if (entries.Count == 0) _byParent.Remove(parent);
    }

    /// <summary>How many tokens the best of them saves.</summary>
    /// <param name="from">Tokens of the content in full blocks that are shared already.</param>
    /// <param name="limit">Tokens of the content that may be reused.</param>
    public int Longest(ulong parent, TokenContent content, int from, int limit)
    {
        if (!_byParent.TryGetValue(parent, out var entries)) return 0;
        var longest = 0;
        foreach (var entry in entries)
            longest = Math.Max(longest, (int)Math.Min(Math.Min(entry.Tokens, limit), entry.Content.CommonPrefix(content)) - from);
        return longest;
    }
}
