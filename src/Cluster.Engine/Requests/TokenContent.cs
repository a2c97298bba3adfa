using System.Collections.Immutable;
using Cluster.Engine.Units;

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
    private readonly ImmutableArray<ContentSegment> _segments;
    private Chain? _chain;

    private sealed record Chain(int BlockSize, ulong[] Keys);

    public TokenContent(ImmutableArray<ContentSegment> segments)
    {
        long length = 0;
        foreach (var segment in segments)
        {
            if (segment.Length <= 0) throw new ArgumentException("A content segment needs at least one token.", nameof(segments));
            length += segment.Length;
        }

        _segments = segments;
        Length = length;
    }

    /// <summary>Content that no other sequence shares.</summary>
    public static TokenContent Unique(ulong contentId, int length) => new([new ContentSegment(contentId, length)]);

    public ImmutableArray<ContentSegment> Segments => _segments;

    /// <summary>Tokens.</summary>
    public long Length { get; }

    /// <summary>Tokens that two sequences have in common from the start.</summary>
    public long CommonPrefix(TokenContent other)
    {
        ArgumentNullException.ThrowIfNull(other);
        long common = 0;
        for (var i = 0; i < _segments.Length && i < other._segments.Length; i++)
        {
            var (a, b) = (_segments[i], other._segments[i]);
            if (a.ContentId != b.ContentId) break;
            common += Math.Min(a.Length, b.Length);
            if (a.Length != b.Length) break;
        }

        return common;
    }

    /// <summary>
    /// The keys of all full blocks, as <see cref="ChainedBlockKeys"/> gives them; the same array each time, never to be changed.
    /// Every instance and router that a request passes asks for them.
    /// </summary>
    public ulong[] BlockChain(int blockSize)
    {
        // Two threads may both work it out: what they find is the same.
        if (_chain is { } chain && chain.BlockSize == blockSize) return chain.Keys;
        _chain = chain = new Chain(blockSize, ChainedBlockKeys(blockSize, Length));
        return chain.Keys;
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
                var current = _segments[segment];
                var taken = Math.Min(left, current.Length - offset);
                // The span is part of the key: a block that takes 10 tokens of a run differs from one that takes 12.
                key = Hashing.Mix(Hashing.Mix(key, current.ContentId), ((ulong)(uint)taken << 32) | (uint)offset);
                left -= taken;
                offset += taken;
                if (offset == current.Length) (segment, offset) = (segment + 1, 0);
            }

            keys[block] = key;
        }

        return keys;
    }
}
