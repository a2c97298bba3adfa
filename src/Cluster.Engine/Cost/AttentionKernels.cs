using Cluster.Engine.Hardware;

namespace Cluster.Engine.Cost;

/// <summary>Attention's formulas.</summary>
public static partial class Kernels
{
    /// <summary>Query rows of one KV head that a decode task computes at once.</summary>
    private const double DecodeRows = 64;

    /// <summary>Most parts that one sequence's context is split into: vLLM's limit under CUDA graphs.</summary>
    private const double MostSplits = 32;

    /// <summary>Largest decode batch that runs in CUDA graphs, and so with tables made ahead (vLLM's default).</summary>
    private const double MostGraphSequences = 512;

    /// <summary>
    /// FlashAttention over prompts (arXiv:2205.14135, 2307.08691, 2407.08608): 4·d_h FLOPs per query–key pair and head, in tiles
    /// of 128 queries dealt to multiprocessors; then the write of keys and values to the paged cache.
    /// </summary>
    /// <param name="sequences">Prompts in the step.</param>
    /// <param name="tokens">New tokens over all of them.</param>
    /// <param name="pairs">Query–key pairs over all of them, bounded where the layer is.</param>
    /// <param name="context">Keys that the last query of the longest prompt sees.</param>
    /// <param name="valueShare">FLOPs per pair relative to 4·d_h (MLA: its two products differ in width).</param>
    public static KernelTime PrefillAttention(
        PrefillAttentionCurve curve, in Roof roof, in HeadShape heads, double sequences, double tokens, double pairs, double context, bool windowed, double valueShare = 1)
    {
        ArgumentNullException.ThrowIfNull(curve);
        var each = tokens / sequences;
        var tiles = heads.QueryHeads * Math.Ceiling(each / TileRows);
        if (curve.PacksQueryHeads) tiles = Math.Min(tiles, heads.KvHeads * Math.Ceiling(each * heads.QueryHeads / heads.KvHeads / TileRows));
        var keySeconds = 4 * TileRows * (heads.HeadSize + curve.HalfHeadSize) * valueShare * roof.Multiprocessors / (roof.FlopsPerSecond * curve.ComputeEfficiency);
        if (heads.Fp8Cache) keySeconds *= curve.Fp8ComputeFactor;
        var keys = (pairs / tokens) + ((curve.DiagonalTiles + (windowed ? curve.WindowTiles : 0)) * TileRows);
        var mean = sequences * tiles / roof.Multiprocessors * (curve.TileSeconds + (keys * keySeconds));
        var longest = curve.TileSeconds + ((context + (curve.DiagonalTiles * TileRows)) * keySeconds);
        var compute = Joined(mean, longest, curve.BalanceSharpness);
        return new KernelTime(compute, CacheWriteSeconds(curve, roof, heads, tokens), curve.FloorSeconds, 1);
    }

    /// <summary>One block per token copies its keys and values: latency-bound up to 1,024 elements, bandwidth-bound beyond.</summary>
    private static double CacheWriteSeconds(PrefillAttentionCurve curve, in Roof roof, in HeadShape heads, double tokens)
    {
        var latency = curve.CacheSecondsPerToken * Math.Min(1, heads.KvRowElements / 1024);
        var bytes = 4 * heads.KvRowElements / (roof.BytesPerSecond * curve.CacheEfficiency);
        var write = tokens * Math.Sqrt((latency * latency) + (bytes * bytes));
        return heads.Fp8Cache ? (write * curve.Fp8CacheFactor) + (tokens * heads.QueryHeads * heads.HeadSize * curve.Fp8SecondsPerElement) : write;
    }

    /// <summary>
    /// Decode attention: every cached K and V element once, queries and outputs beside it. Tasks beyond the first wave hide behind
    /// streaming in part; few tasks are split along the context, and no multiprocessor draws more than its own rate.
    /// </summary>
    /// <param name="rows">Query rows per sequence: 1, or 1 + K when drafts are verified.</param>
    /// <param name="context">Tokens of KV over all sequences.</param>
    /// <param name="warm">True where the same KV is read over and over, as kernel tables are measured: what fits stays in the L2 cache.</param>
    public static KernelTime DecodeAttention(
        DecodeAttentionCurve curve, in Roof roof, in HeadShape heads, double sequences, double rows, double context, bool windowed = false, bool warm = false)
    {
        ArgumentNullException.ThrowIfNull(curve);
        var each = context / sequences;
        var tasks = sequences * heads.KvHeads * Math.Ceiling(rows * heads.QueryHeads / heads.KvHeads / DecodeRows);
        var splits = Math.Max(1, Math.Min(Math.Min(roof.Multiprocessors / tasks, MostSplits), each / TileRows));
        var waves = Math.Max(1, tasks / roof.Multiprocessors);
        var task = curve.TaskSeconds + (curve.TaskSecondsPerHeadElement * heads.HeadSize) + (windowed ? curve.WindowSeconds : 0);
        // One head's share of a token: K and V of GQA, or the whole latent.
        var own = waves * each / splits * heads.KvRowElements / heads.KvHeads * curve.StreamSecondsPerElement * (heads.Fp8Cache ? curve.Fp8Slowdown : 1);
        var bytes = context * heads.KvRowElements * heads.KvElementBytes;
        var hbm = roof.BytesPerSecond * curve.MemoryEfficiency;
        var memory = bytes / hbm * (warm ? WarmShare(curve, bytes) : 1);
        memory += sequences * rows * heads.QueryHeads * heads.HeadSize * 4 / hbm;
        var floor = curve.FloorSeconds + task + (curve.SplitSeconds * Math.Log2(splits)) + (heads.Fp8Cache ? curve.Fp8FloorSeconds : 0);
        if (sequences > 1 && heads.KvHeads > 1 && heads.QueryHeads > heads.KvHeads) floor += curve.RepackSeconds;
        if (sequences <= MostGraphSequences) floor += sequences * curve.SequenceSeconds;
        return new KernelTime((waves - 1) * task, Fourth(own, memory), floor, curve.Sharpness);
    }

    private static double WarmShare(DecodeAttentionCurve curve, double bytes)
    {
        var cached = 1 / (1 + Math.Pow(bytes / curve.CacheBytes, 6));
        return 1 - cached + (cached / curve.CacheSpeedup);
    }

    /// <summary>The larger of two times, rounded where they meet: <c>(a⁴ + b⁴)^¼</c>.</summary>
    private static double Fourth(double a, double b)
    {
        var (x, y) = (a * a, b * b);
        return Math.Sqrt(Math.Sqrt((x * x) + (y * y)));
    }

    private static double Joined(double a, double b, double sharpness) => new KernelTime(a, b, 0, sharpness).BusySeconds;
}
