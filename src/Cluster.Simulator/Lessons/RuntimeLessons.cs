using Cluster.Engine.Requests;
using Cluster.Simulator.Reporting;

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
        new("chunked-goodput", "runtime", "With long prompts and an objective for TPOT, chunks raise goodput.", ChunkedGoodput),
        new("shared-blocks", "runtime", "Requests that share a prefix map the same blocks: more of them fit.", SharedBlocks),
        new("prompt-layout", "runtime", "What prompts share must come first: behind what differs, none of it is reused.", Layout),
        new("engine-choice", "runtime", "The same hardware serves 2–4× the throughput depending on the engine.", Engine),
        new("more-than-the-sum", "runtime", "Techniques that fit together gain more than the sum of their parts.", Sum),
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
        return LessonOutcome.Of(chunks.ItlMs.P99 < whole.ItlMs.P99 / 2 && chunks.TtftMs.P50 < whole.TtftMs.P50 * 1.25,
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
        return LessonOutcome.Of(before.KvWaste is >= 0.6 and <= 0.8, $"reserving for the longest request, {before.KvWaste:P0} of the cache is never written, at {before.OutputTokensPerS:F0} tok/s against {after.OutputTokensPerS:F0} paged", "lengths here are nearer to, or further from, the longest");
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

    private static LessonOutcome ChunkedGoodput(LessonBench bench)
    {
        var (whole, chunks) = (bench.Run("chunked-prefill"), bench.Run("chunked-prefill", "chunked"));
        return LessonOutcome.Of(chunks.GoodputRps > whole.GoodputRps * 1.05,
            $"goodput {whole.GoodputRps:F2} → {chunks.GoodputRps:F2} req/s; TPOT p90 {whole.TpotMs.P90:F1} → {chunks.TpotMs.P90:F1} ms against 9 ms asked for", "spikes are averaged away over each answer");
    }

    private static LessonOutcome SharedBlocks(LessonBench bench)
    {
        var (copied, shared) = (bench.Run("shared-blocks"), bench.Run("shared-blocks", "shared"));
        return LessonOutcome.Of(shared.OutputTokensPerS > copied.OutputTokensPerS * 1.5,
            $"sixteen answers to each prompt in the same small cache: {copied.OutputTokensPerS:F0} → {shared.OutputTokensPerS:F0} tok/s, preemptions {copied.Preemptions} → {shared.Preemptions}; wall {copied.Walls["decode"]} → {shared.Walls["decode"]}", "the cache did not bound the batch");
    }

    private static LessonOutcome Layout(LessonBench bench)
    {
        var cluster = bench.Variant("prefix-sharing", "cached-80").Cluster;
        var (first, last) = (Run([.. Enumerable.Range(0, 60).Select(i => Prompt(i, sharedFirst: true))]), Run([.. Enumerable.Range(0, 60).Select(i => Prompt(i, sharedFirst: false))]));
        return LessonOutcome.Of(first.PrefixHitRate > 0.7 && last.PrefixHitRate < 0.01 && first.TtftMs.P50 < last.TtftMs.P50 / 2,
            $"80 % shared: in front, hits {first.PrefixHitRate:P0} and TTFT p50 {first.TtftMs.P50:F0} ms; behind, {last.PrefixHitRate:P0} and {last.TtftMs.P50:F0} ms", "something is found although what comes before differs");

        VariantReport Run(IReadOnlyList<RequestSpec> requests) => VariantReport.Of(ClusterSimulation.Run(cluster, new Workload.OpenLoop(requests)));

        static RequestSpec Prompt(int i, bool sharedFirst)
        {
            var (shared, own, answer) = (new ContentSegment(1, 6400), new ContentSegment(1000 + (ulong)i, 1600), new ContentSegment(5000 + (ulong)i, 32));
            return new RequestSpec(i, i * 700_000_000L, 8000, 32, new TokenContent(sharedFirst ? [shared, own, answer] : [own, shared, answer]));
        }
    }

    private static LessonOutcome Engine(LessonBench bench)
    {
        var (simple, good) = (bench.Run("batching"), bench.Run("batching", "continuous"));
        var gain = good.OutputTokensPerS / simple.OutputTokensPerS;
        return LessonOutcome.Of(gain is >= 2 and <= 4, $"static batches {simple.OutputTokensPerS:F0} tok/s, vLLM's scheduler {good.OutputTokensPerS:F0} tok/s on one GPU, ×{gain:F2}", gain > 4 ? "more even than claimed" : "the load leaves the better engine idle");
    }

    private static LessonOutcome Sum(LessonBench bench)
    {
        var none = bench.Run("kv-limited", "wide").OutputTokensPerS;
        var (weights, kv, both) = (Gain(""), Gain("wide-fp8-kv"), Gain("fp8-kv"));
        return LessonOutcome.Of(both > weights + kv, $"throughput: 8-bit weights +{weights:P0}, 8-bit KV +{kv:P0}, both +{both:P0}", "both relax the same wall");

        double Gain(string variant) => (bench.Run("kv-limited", variant).OutputTokensPerS / none) - 1;
    }
}
