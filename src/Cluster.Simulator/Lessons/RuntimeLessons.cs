namespace Cluster.Simulator.Lessons;

/// <summary>What the serving engine does with its steps and blocks: run in virtual time.</summary>
internal static class RuntimeLessons
{
    public static IReadOnlyList<Lesson> All { get; } =
    [
        new("prefix-low-share", "runtime", "At 5 % of prompt tokens shared, prefix caching is a rounding error.", run => Prefix(run, "", "cached-5", gain => gain is > 0.95 and < 1.15)),
        new("prefix-high-share", "runtime", "At 80 % shared it is a multiple.", run => Prefix(run, "uncached-80", "cached-80", gain => gain >= 2)),
        new("chunked-prefill", "runtime", "Chunks cost the long prompt a little TTFT and take the spikes out of everybody's token gaps.", Chunked),
        new("chunked-short-trap", "runtime", "With prompts that are short anyway, chunking changes nothing.", ShortChunks),
        new("continuous-batching", "runtime", "Admitting and retiring requests at every step serves at least twice as much as a static batch.", Continuous),
        new("paging", "runtime", "Contiguous reservation wastes 60–80 % of the cache.", Reserved),
        new("paging-waste", "runtime", "Blocks of 16 tokens waste under 4 %.", Blocks),
        new("fusion", "runtime", "Fusing small operators saves launches and trips to HBM: shorter decode steps.", Fusion),
        new("stacked-levers", "runtime", "A deployment that ignores all levers leaves 3–10× of throughput on the table.", Stacked),
        new("wall-shifts", "runtime", "Relaxing one wall moves the bottleneck to the next.", Shifts),
    ];

    private static LessonOutcome Prefix(LessonBench bench, string off, string on, Func<double, bool> expected)
    {
        var (before, after) = (bench.Run("prefix-sharing", off), bench.Run("prefix-sharing", on));
        var gain = before.TtftHopsMs["prefill"] / after.TtftHopsMs["prefill"];
        return LessonOutcome.Of(expected(gain), $"prefill {before.TtftHopsMs["prefill"]:F0} → {after.TtftHopsMs["prefill"]:F0} ms (×{gain:F2}), TTFT p50 {before.TtftMs.P50:F0} → {after.TtftMs.P50:F0} ms, hits {after.PrefixHitRate:P0}", "the cache holds less or more of the prefixes than their share");
    }

    private static LessonOutcome Chunked(LessonBench bench)
    {
        var (whole, chunks) = (bench.Run("chunked-prefill"), bench.Run("chunked-prefill", "chunked"));
        return LessonOutcome.Of(chunks.ItlMs.P99 < whole.ItlMs.P99 / 2 && chunks.TtftMs.P50 < whole.TtftMs.P50 * 1.5,
            $"ITL p99 {whole.ItlMs.P99:F0} → {chunks.ItlMs.P99:F0} ms, TTFT p50 {whole.TtftMs.P50:F0} → {chunks.TtftMs.P50:F0} ms", "chunks this small make prompts much slower");
    }

    private static LessonOutcome ShortChunks(LessonBench bench)
    {
        var (whole, chunks) = (bench.Run("chunked-prefill", "short-whole"), bench.Run("chunked-prefill", "short-chunked"));
        var (itl, ttft) = (chunks.ItlMs.P99 / whole.ItlMs.P99, chunks.TtftMs.P50 / whole.TtftMs.P50);
        return LessonOutcome.Of(Math.Abs(itl - 1) < 0.05 && Math.Abs(ttft - 1) < 0.05, $"ITL p99 ×{itl:F2}, TTFT p50 ×{ttft:F2}", "even these prompts are split");
    }

    private static LessonOutcome Continuous(LessonBench bench)
    {
        var (fixedBatch, continuous) = (bench.Run("batching"), bench.Run("batching", "continuous"));
        var gain = continuous.OutputTokensPerS / fixedBatch.OutputTokensPerS;
        return LessonOutcome.Of(gain >= 2, $"{fixedBatch.OutputTokensPerS:F0} → {continuous.OutputTokensPerS:F0} tok/s at the same 32 slots, ×{gain:F2}", "answers were alike enough for a static batch");
    }

    private static LessonOutcome Reserved(LessonBench bench)
    {
        var (before, after) = (bench.Run("paging"), bench.Run("paging", "paged"));
        return LessonOutcome.Of(before.KvWaste is > 0.6 and < 0.9, $"reserving for the longest request, {before.KvWaste:P0} of the cache is never written, at {before.OutputTokensPerS:F0} tok/s against {after.OutputTokensPerS:F0} paged", "lengths here are nearer to, or further from, the longest");
    }

    private static LessonOutcome Blocks(LessonBench bench)
    {
        var waste = bench.Run("paging", "paged").KvWaste;
        return LessonOutcome.Of(waste < 0.04, $"{waste:P1} of allocated tokens are never written", "requests are so short that half a block weighs");
    }

    private static LessonOutcome Fusion(LessonBench bench)
    {
        var (apart, fused) = (bench.Run("fusion"), bench.Run("fusion", "fused"));
        return LessonOutcome.Of(fused.TpotMs.P50 < apart.TpotMs.P50 * 0.98, $"TPOT {apart.TpotMs.P50:F2} → {fused.TpotMs.P50:F2} ms", "elementwise kernels are a small part of the step");
    }

    private static LessonOutcome Stacked(LessonBench bench)
    {
        var (naive, stacked) = (bench.Run("stack"), bench.Run("stack", "stacked"));
        var gain = stacked.OutputTokensPerS / naive.OutputTokensPerS;
        return LessonOutcome.Of(gain is >= 3 and <= 10, $"{naive.OutputTokensPerS:F0} → {stacked.OutputTokensPerS:F0} tok/s, ×{gain:F1}", gain > 10 ? "more even than claimed" : "the levers overlap more than claimed");
    }

    private static LessonOutcome Shifts(LessonBench bench)
    {
        var (before, after) = (bench.Walls("kv-limited").Binding, bench.Walls("kv-limited", "fp8-kv").Binding);
        return LessonOutcome.Of(before != after, $"8-bit KV: decode is bound by {Name(before)}, then by {Name(after)}", "the wall was relaxed, not removed");

        static string Name(Cluster.Engine.Diagnosis.Wall wall) => wall.ToString().ToLowerInvariant();
    }
}
