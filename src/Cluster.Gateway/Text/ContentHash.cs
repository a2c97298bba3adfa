using System.Collections.Immutable;
using Cluster.Engine.Requests;
using Cluster.Engine.Units;

namespace Cluster.Gateway.Text;

/// <summary>
/// Builds a <see cref="TokenContent"/> from token ids: one segment per 16 tokens, named by their hash, so that equal
/// tokens at equal places are equal content whichever request they came with.
/// </summary>
internal sealed class ContentHash
{
    /// <summary>Tokens per segment: the smallest KV block in use divides into it or is it.</summary>
    public const int SegmentTokens = 16;

    private readonly ImmutableArray<ContentSegment>.Builder _segments;
    private readonly ulong _salt;
    private ulong _hash;
    private int _filled;

    /// <param name="salt">Part of every name: requests with different salts share nothing (vLLM's <c>cache_salt</c>).</param>
    /// <param name="expectedTokens">For sizing.</param>
    public ContentHash(ulong salt, int expectedTokens)
    {
        _salt = salt;
        _hash = salt;
        _segments = ImmutableArray.CreateBuilder<ContentSegment>(expectedTokens / SegmentTokens + 1);
    }

    public void Add(int token)
    {
        _hash = Hashing.Mix(_hash, (uint)token);
        if (++_filled == SegmentTokens) Close();
    }

    public TokenContent ToContent()
    {
        if (_filled > 0) Close();
        return new TokenContent(_segments.DrainToImmutable());
    }

    private void Close()
    {
        _segments.Add(new ContentSegment(_hash, _filled));
        _hash = _salt;
        _filled = 0;
    }
}
