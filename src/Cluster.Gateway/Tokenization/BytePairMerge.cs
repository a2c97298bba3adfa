using System.Buffers;

namespace Cluster.Gateway.Tokenization;

/// <summary>
/// Byte-pair merging of one piece: repeatedly joins the adjacent pair of lowest rank (leftmost among equals). Short pieces scan;
/// long ones use a heap, so that a megabyte without a space costs n·log n and not n².
/// </summary>
internal static class BytePairMerge
{
    private const int ScanLimit = 128;

    public static void Encode(Vocabulary vocabulary, ReadOnlySpan<byte> piece, List<int> into)
    {
        var rank = vocabulary.Rank(piece);
        if (rank != int.MaxValue) into.Add(rank);
        else if (piece.Length <= ScanLimit) Scan(vocabulary, piece, into);
        else Heap(vocabulary, piece, into);
    }

    private static void Scan(Vocabulary vocabulary, ReadOnlySpan<byte> piece, List<int> into)
    {
        Span<int> starts = stackalloc int[ScanLimit + 1];
        Span<int> ranks = stackalloc int[ScanLimit + 1];
        var parts = piece.Length;
        for (var i = 0; i <= parts; i++) starts[i] = i;
        for (var i = 0; i < parts; i++) ranks[i] = i + 2 <= parts ? vocabulary.Rank(piece.Slice(i, 2)) : int.MaxValue;
        while (parts > 1)
        {
            var best = 0;
            for (var i = 1; i < parts - 1; i++)
            {
                if (ranks[i] < ranks[best]) best = i;
            }

            if (ranks[best] == int.MaxValue) break;
            starts[(best + 2)..(parts + 1)].CopyTo(starts[(best + 1)..]);
            ranks[(best + 2)..parts].CopyTo(ranks[(best + 1)..]);
            parts--;
            ranks[best] = PairRank(piece, starts, best, parts);
            if (best > 0) ranks[best - 1] = PairRank(piece, starts, best - 1, parts);
        }

        for (var i = 0; i < parts; i++) into.Add(vocabulary.Rank(piece[starts[i]..starts[i + 1]]));

        int PairRank(ReadOnlySpan<byte> bytes, Span<int> at, int left, int count) =>
            left + 2 <= count ? vocabulary.Rank(bytes[at[left]..at[left + 2]]) : int.MaxValue;
    }

    private static void Heap(Vocabulary vocabulary, ReadOnlySpan<byte> piece, List<int> into)
    {
        var length = piece.Length;
        var next = ArrayPool<int>.Shared.Rent(length + 1);
        var previous = ArrayPool<int>.Shared.Rent(length + 1);
        var queue = new PriorityQueue<(int Start, int Middle, int End), long>(length);
        try
        {
            for (var i = 0; i <= length; i++) (next[i], previous[i]) = (i + 1, i - 1);
            for (var i = 0; i + 2 <= length; i++) Offer(piece, i, i + 1, i + 2);
            while (queue.TryDequeue(out var pair, out _))
            {
                // Stale entries: one of the two parts has been merged since (a merged-away start points nowhere).
                var (start, middle, end) = pair;
                if (next[start] != middle || next[middle] != end) continue;
                next[start] = end;
                next[middle] = -1;
                previous[end] = start;
                if (end < length) Offer(piece, start, end, next[end]);
                if (start > 0) Offer(piece, previous[start], start, end);
            }

            for (var i = 0; i < length; i = next[i]) into.Add(vocabulary.Rank(piece[i..next[i]]));
        }
        finally
        {
            ArrayPool<int>.Shared.Return(next);
            ArrayPool<int>.Shared.Return(previous);
        }

        void Offer(ReadOnlySpan<byte> bytes, int start, int middle, int end)
        {
            var rank = vocabulary.Rank(bytes[start..end]);
            if (rank != int.MaxValue) queue.Enqueue((start, middle, end), ((long)rank << 32) | (uint)start);
        }
    }
}
