using System.Collections.Immutable;
using Cluster.Engine.KvCache;

namespace Cluster.Engine.Requests;

/// <summary>A run of <paramref name="Length"/> tokens: token <c>t</c> of the run is identified by (<paramref name="ContentId"/>, t).</summary>
public readonly record struct ContentSegment(ulong ContentId, int Length);

/// <summary>
/// Which tokens a sequence is made of, without holding them: two sequences share a prefix exactly as far as their
/// segments agree. Covers the prompt and the output that will follow, so that a later turn which quotes the answer
/// finds it in cache. Lengths-only traces use one unique segment; traces with hashed blocks use one segment per
/// block; the gateway uses one segment per 16 real tokens, named by their hash.
/// </summary>
public sealed class TokenContent
{
    /// <summary>All of them; default where there is one alone, <see cref="_only"/>: most requests of a long run are such.</summary>
    private readonly ImmutableArray<ContentSegment> _segments;
    private readonly ContentSegment _only;
    private BlockChain? _chain;

    public TokenContent(ImmutableArray<ContentSegment> segments)
    {
        long length = 0;
        foreach (var segment in segments)
        {
            if (segment.Length <= 0) throw new ArgumentException("A content segment needs at least one token.", nameof(segments));
            length += segment.Length;
        }

        if (segments.Length == 1) _only = segments[0];
        else _segments = segments;
        Length = length;
    }

    private TokenContent(ContentSegment only)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(only.Length);
        (_only, Length) = (only, only.Length);
    }

    /// <summary>Content that no other sequence shares.</summary>
    public static TokenContent Unique(ulong contentId, int length) => new(new ContentSegment(contentId, length));

    public ImmutableArray<ContentSegment> Segments => _segments.IsDefault ? [_only] : _segments;

    /// <summary>Tokens.</summary>
    public long Length { get; }

    /// <summary>Tokens that two sequences have in common from the start.</summary>
    public long CommonPrefix(TokenContent other)
    {
        ArgumentNullException.ThrowIfNull(other);
        long common = 0;
        for (var i = 0; i < Count && i < other.Count; i++)
        {
            var (a, b) = (this[i], other[i]);
            if (a.ContentId != b.ContentId) break;
            common += Math.Min(a.Length, b.Length);
            if (a.Length != b.Length) break;
        }

        return common;
    }

    /// <summary>
    /// All full blocks, with the keys that <see cref="ChainedBlockKeys"/> gives; the same object each time.
    /// Every instance and router that a request passes asks for it.
    /// </summary>
    public BlockChain BlockChain(int blockSize)
    {
        // Two threads may both work it out: what they find is the same.
        if (_chain is { } known && known.BlockSize == blockSize) return known;
        return _chain = Count == 1
            ? KvCache.BlockChain.OfRun(_only.ContentId, blockSize, (int)(Length / blockSize))
            : KvCache.BlockChain.Of(ChainedBlockKeys(blockSize, Length), blockSize);
    }

    /// <summary>
    /// One key per full block of <paramref name="blockSize"/> tokens among the first <paramref name="tokens"/>:
    /// each key identifies its block and everything before it (vLLM's chained block hash).
    /// </summary>
    public ulong[] ChainedBlockKeys(int blockSize, long tokens)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(blockSize);
        var keys = new ulong[Math.Min(tokens, Length) / blockSize];
        var (segment, offset) = (0, 0);
        ulong key = 0;
        for (var block = 0; block < keys.Length; block++)
        {
            for (var left = blockSize; left > 0;)
            {
                var current = this[segment];
                var taken = Math.Min(left, current.Length - offset);
                key = KvCache.BlockChain.Link(key, current.ContentId, taken, offset);
                left -= taken;
                offset += taken;
                if (offset == current.Length) (segment, offset) = (segment + 1, 0);
            }

            keys[block] = key;
        }

        return keys;
    }

    private int Count => _segments.IsDefault ? 1 : _segments.Length;

    private ContentSegment this[int segment] => _segments.IsDefault ? _only : _segments[segment];
}
