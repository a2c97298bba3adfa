using Cluster.Engine.Cost;
using Cluster.Engine.Hardware;
using Cluster.Engine.Models;
using Cluster.Simulator.Levers.Model;

namespace Cluster.Simulator.Lessons;

/// <summary>The KV cache: its size, its format, its geometry.</summary>
internal static class CacheLessons
{
    public static IReadOnlyList<Lesson> All { get; } =
    [
        new("kv-capacity", "memory", "8-bit KV doubles the sequences that fit.", Capacity),
        new("kv-limited-batch", "memory", "Where KV limits the batch, 8-bit KV raises throughput.", Limited),
        new("kv-roomy-trap", "memory", "Where capacity is roomy, 8-bit KV changes next to nothing.", Roomy),
        new("gqa", "memory", "Sharing K and V of 32 heads in 8 groups shrinks the cache 4×; one group (MQA), 32×.", Gqa),
        new("gqa-llama-3", "memory", "Llama-3-70B's 8 KV heads for 64 query heads cut the cache 8×.", Gqa70),
        new("mla", "memory", "Latent attention is about another 5× smaller than GQA.", Mla),
        new("compounding", "memory", "8-bit KV, latent attention and 8-bit weights together hold about 10× the users at long context, and decode about twice as fast.", Compound),
        new("sliding-window", "memory", "A window caps what a layer keeps: past it the cache stops growing.", Window),
        new("long-context-kv", "memory", "At long context the cache outweighs the weights.", Outweighs),
        new("kv-int4", "memory", "4-bit KV quadruples the sequences that fit.", Capacity4),
        new("kv-speed", "memory", "At low concurrency 8-bit KV changes each user's speed only slightly: weights outweigh the cache.", Speed),
        new("kv-composes", "memory", "8-bit KV halves the cache whatever the weights' format, and multiplies with grouped queries.", Composes),
        new("mla-long-context", "memory", "DeepSeek-V3 in 8 bits hosts long contexts that Llama-3-70B in 16 bits cannot, on the same GPUs.", LongContext),
        new("kv-eviction", "memory", "Keeping sinks, a window and the most attended tokens alone lets several times as many long contexts run.", Eviction),
        new("dense-cache", "memory", "8-bit KV makes prefix caching denser: more of what prompts share stays in HBM.", Dense),
    ];

    private static LessonOutcome Capacity(LessonBench bench)
    {
        var (wide, narrow) = (LessonBench.Memory(bench.Deployment("llama-3.1-8b")), LessonBench.Memory(bench.Deployment("llama-3.1-8b", kv: NumberFormat.Fp8)));
        var gain = (double)narrow.KvTokens / wide.KvTokens;
        return LessonOutcome.Of(WeightLessons.Near(gain, 2, 0.01), $"{wide.KvTokens / 1e3:F0} k → {narrow.KvTokens / 1e3:F0} k tokens, ×{gain:F2}", "scales take part of the saving");
    }

    private static LessonOutcome Limited(LessonBench bench)
    {
        var (before, after) = (bench.Run("kv-limited"), bench.Run("kv-limited", "fp8-kv"));
        var gain = after.OutputTokensPerS / before.OutputTokensPerS;
        return LessonOutcome.Of(gain > 1.05, $"{before.OutputTokensPerS:F0} → {after.OutputTokensPerS:F0} tok/s (×{gain:F2}); wall {before.Walls["decode"]} → {after.Walls["decode"]}", "another wall bound the run");
    }

    private static LessonOutcome Roomy(LessonBench bench)
    {
        var (before, after) = (bench.Run("kv-roomy"), bench.Run("kv-roomy", "fp8-kv"));
        var gain = after.OutputTokensPerS / before.OutputTokensPerS;
        return LessonOutcome.Of(Math.Abs(gain - 1) < 0.05, $"{before.OutputTokensPerS:F0} → {after.OutputTokensPerS:F0} tok/s, ×{gain:F3}", "reading KV was a visible part of each step");
    }

    private static LessonOutcome Gqa(LessonBench bench)
    {
        var mha = KvBytes(bench.Deployment("llama-2-7b"), 32);
        var (gqa, mqa) = (mha / KvBytes(bench.Deployment("llama-2-7b"), 8), mha / KvBytes(bench.Deployment("llama-2-7b"), 1));
        return LessonOutcome.Of(gqa == 4 && mqa == 32, $"8 heads ×{gqa:F0} smaller, 1 head ×{mqa:F0}", "heads are not all of the cache");
    }

    private static LessonOutcome Gqa70(LessonBench bench)
    {
        var d = bench.Deployment("llama-3.1-70b");
        var ratio = KvBytes(d, 64) / KvBytes(d, 8);
        return LessonOutcome.Of(ratio == 8, $"×{ratio:F0} smaller", "heads are not all of the cache");
    }

    private static LessonOutcome Mla(LessonBench bench)
    {
        var (gqa, mla) = (LessonBench.Memory(bench.Deployment("llama-3.1-70b")), LessonBench.Memory(bench.Deployment("deepseek-v3")));
        var ratio = gqa.InstanceKvBytesPerToken / mla.InstanceKvBytesPerToken;
        return LessonOutcome.Of(ratio is > 4 and < 6, $"Llama-3.1-70B {gqa.InstanceKvBytesPerToken / 1e3:F0} kB, DeepSeek-V3 {mla.InstanceKvBytesPerToken / 1e3:F0} kB per token: ×{ratio:F1}", "layers and ranks differ");
    }

    private static LessonOutcome Compound(LessonBench bench)
    {
        var wide = bench.Deployment("llama-3.1-8b");
        var narrow = bench.Deployment("llama-3.1-8b", NumberFormat.Fp8, NumberFormat.Fp8) with { Model = LatentAttentionLever.Latent(wide.Model) };
        var users = (double)LessonBench.Memory(narrow).KvTokens / LessonBench.Memory(wide).KvTokens;
        var speed = LessonBench.Decode(wide, 8, 32_768).DurationSeconds / LessonBench.Decode(narrow, 8, 32_768).DurationSeconds;
        return LessonOutcome.Of(users is > 7.5 and < 12.5 && speed > 1.5, $"×{users:F1} the tokens held, decode at 32 k ×{speed:F2}", "the parts multiply to less than claimed on this model and GPU");
    }

    private static LessonOutcome Window(LessonBench bench)
    {
        var full = bench.Deployment("llama-3.1-8b");
        var windowed = full with { Model = full.Model with { Layers = [.. full.Model.Layers.Select(g => g with { Attention = g.Attention! with { Window = 4096 } })] } };
        var (a, b) = (LessonBench.Decode(windowed, 8, 8_192), LessonBench.Decode(windowed, 8, 131_072));
        var growth = LessonBench.Decode(full, 8, 131_072).HbmBytes / LessonBench.Decode(full, 8, 8_192).HbmBytes;
        return LessonOutcome.Of(b.HbmBytes / a.HbmBytes < 1.01 && growth > 1.5, $"bytes per step from 8 k to 128 k of context: windowed ×{b.HbmBytes / a.HbmBytes:F2}, full ×{growth:F2}", "something else grows with context");
    }

    private static LessonOutcome Outweighs(LessonBench bench)
    {
        var memory = LessonBench.Memory(bench.Deployment("llama-2-7b"));
        var (one, many) = (memory.KvBytesPerToken * 4096, memory.KvBytesPerToken * 4096 * 8);
        return LessonOutcome.Of(WeightLessons.Near(one / 1e9, 2.1, 0.05) && many > memory.WeightBytes, $"{one / 1e9:F2} GB per sequence of 4,096; eight of them {many / 1e9:F1} GB against {memory.WeightBytes / 1e9:F1} GB of weights", "the cache is smaller than claimed");
    }

    private static double KvBytes(Deployment d, int kvHeads) =>
        LessonBench.Memory(d with { Model = d.Model with { Layers = [.. d.Model.Layers.Select(g => g with { Attention = g.Attention! with { KvHeads = kvHeads } })] } }).InstanceKvBytesPerToken;

    private static LessonOutcome Capacity4(LessonBench bench)
    {
        var (wide, narrow) = (LessonBench.Memory(bench.Deployment("llama-3.1-8b")), LessonBench.Memory(bench.Deployment("llama-3.1-8b", kv: NumberFormat.Int4)));
        var gain = (double)narrow.KvTokens / wide.KvTokens;
        return LessonOutcome.Of(WeightLessons.Near(gain, 4, 0.05), $"{wide.KvTokens / 1e3:F0} k → {narrow.KvTokens / 1e3:F0} k tokens, ×{gain:F2}", "scales take part of the saving");
    }

    private static LessonOutcome Speed(LessonBench bench)
    {
        var (before, after) = (bench.Run("kv-roomy").TpotMs.P50, bench.Run("kv-roomy", "fp8-kv").TpotMs.P50);
        return LessonOutcome.Of(Math.Abs((before / after) - 1) < 0.1, $"TPOT {before:F2} → {after:F2} ms with 4 users", "the cache is a visible part of what a step reads");
    }

    private static LessonOutcome Composes(LessonBench bench)
    {
        var (underWide, underNarrow) = (Gain(NumberFormat.Bf16), Gain(NumberFormat.Int4));
        var wide = bench.Deployment("llama-2-7b");
        var both = KvBytes(wide, 32) / KvBytes(bench.Deployment("llama-2-7b", kv: NumberFormat.Fp8), 8);
        return LessonOutcome.Of(WeightLessons.Near(underWide, 2, 0.01) && WeightLessons.Near(underNarrow, 2, 0.01) && WeightLessons.Near(both, 8, 0.01),
            $"×{underWide:F2} the tokens under 16-bit weights, ×{underNarrow:F2} under 4-bit ones; with 8 groups for 32 heads ×{both:F1}", "scales take part of the saving");

        double Gain(NumberFormat weights) =>
            (double)LessonBench.Memory(bench.Deployment("llama-3.1-8b", weights, NumberFormat.Fp8)).KvTokens / LessonBench.Memory(bench.Deployment("llama-3.1-8b", weights)).KvTokens;
    }

    private static LessonOutcome LongContext(LessonBench bench)
    {
        const int Context = 131_072;
        // Eight H200: the least node that holds DeepSeek-V3's weights. Attention replicated, so that latents are spread and not copied; or split over the ranks.
        var llama = Users(bench.Deployment("llama-3.1-70b", split: new Parallelism(8), gpu: "h200"));
        var deepseek = bench.Deployment("deepseek-v3", NumberFormat.Fp8Block, NumberFormat.Fp8, new Parallelism(1, 1, 8, 8), "h200");
        var (spread, copied) = (Users(deepseek), Users(deepseek with { Parallelism = new Parallelism(8) }));
        return LessonOutcome.Of(spread > 1.5 * llama, $"contexts of 128 k on 8 H200: Llama-3.1-70B in 16 bits {llama}, DeepSeek-V3 in 8 bits {spread} with attention replicated, {copied} with it split over all ranks",
            "weights of 671B leave little of this node for its small cache");

        static long Users(Deployment d) => LessonBench.Memory(d).KvTokens / Context;
    }

    private static LessonOutcome Eviction(LessonBench bench)
    {
        var (whole, evicting) = (bench.Run("kv-eviction"), bench.Run("kv-eviction", "evicting"));
        return LessonOutcome.Of(evicting.TtftHopsMs["prefill_queue"] < whole.TtftHopsMs["prefill_queue"] / 5 && evicting.OutputTokensPerS > whole.OutputTokensPerS * 1.5,
            $"{whole.OutputTokensPerS:F0} → {evicting.OutputTokensPerS:F0} tok/s, wait for a place {whole.TtftHopsMs["prefill_queue"]:F0} → {evicting.TtftHopsMs["prefill_queue"]:F0} ms; wall {whole.Walls["decode"]} → {evicting.Walls["decode"]}", "the cache did not bound the batch");
    }

    private static LessonOutcome Dense(LessonBench bench)
    {
        var (wide, narrow) = (bench.Run("dense-cache"), bench.Run("dense-cache", "fp8-kv"));
        return LessonOutcome.Of(narrow.PrefixHitRate > wide.PrefixHitRate * 1.2 && narrow.TtftMs.P50 < wide.TtftMs.P50,
            $"hits {wide.PrefixHitRate:P0} → {narrow.PrefixHitRate:P0}, TTFT p50 {wide.TtftMs.P50:F0} → {narrow.TtftMs.P50:F0} ms", "all prefixes fit already, or none does");
    }
}
