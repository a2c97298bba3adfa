using Cluster.Engine.Units;

namespace Cluster.Engine.Requests;

/// <summary>
/// Token ids for content that is only named: what a load generator sends for a trace, and what a gateway takes the
/// answer to be when the client tells its content. The same name gives the same ids, so shared content is shared ids.
/// </summary>
public static class TokenIds
{
    /// <summary>Ordinary tokens of every published vocabulary lie in this span; the first few hundred are single bytes.</summary>
    public const int Min = 1_000;

    /// <summary>Exclusive; the smallest vocabulary in wide use today, Llama 2's, has 32,000.</summary>
    public const int Max = 32_000;

    /// <summary>The id of token <paramref name="offset"/> of a content segment.</summary>
    public static int Of(ulong contentId, long offset) =>
        Min + (int)((Hashing.Mix(contentId, (ulong)offset) >> 32) * (Max - Min) >> 32);

    /// <summary>Calls <paramref name="onToken"/> for tokens <paramref name="from"/> (inclusive) to <paramref name="to"/> (exclusive) of <paramref name="content"/>.</summary>
    public static void Visit(TokenContent content, long from, long to, Action<int> onToken)
    {
        ArgumentNullException.ThrowIfNull(content);
        ArgumentNullException.ThrowIfNull(onToken);
        long start = 0;
        foreach (var segment in content.Segments)
        {
            var end = start + segment.Length;
            for (var at = Math.Max(start, from); at < Math.Min(end, to); at++) onToken(Of(segment.ContentId, at - start));
            start = end;
            if (start >= to) return;
        }
    }
}
