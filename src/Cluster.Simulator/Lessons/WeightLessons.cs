using Cluster.Engine.Diagnosis;
using Cluster.Engine.Models;

namespace Cluster.Simulator.Lessons;

/// <summary>Fewer bits per weight.</summary>
internal static class WeightLessons
{
    public static IReadOnlyList<Lesson> All { get; } =
    [
        new("decode-ceiling", "memory", "A 7B model in 16 bits on 3.35 TB/s cannot decode faster than about 240 tokens/s: bandwidth ÷ bytes of weights.", Ceiling),
        new("int8-70b", "memory", "A 70B model takes about 42 ms per token in 16 bits and 21 ms in int8, by bytes over bandwidth alone.", Int8),
        new("model-bytes", "memory", "A 7B model is 14 GB in fp16, 7 GB in int8 and 3.5 GB in int4.", Sizes),
        new("fp8-decode", "memory", "Halving the bytes of weights about doubles the speed of decode.", run => Decode(run, "fp8", NumberFormat.Fp8, 2)),
        new("int8-decode", "memory", "int8 weights about double the speed of decode.", run => Decode(run, "int8", NumberFormat.Int8, 2)),
        new("int4-decode", "memory", "Four-bit weights decode up to four times as fast as 16-bit ones.", run => Decode(run, "int4", NumberFormat.Int4, 4)),
        new("int4-prefill-trap", "memory", "Four-bit weights gain nothing in prefill: they are unpacked and multiplied in 16 bits.", Int4Prefill),
        new("fp8-prefill", "memory", "fp8 speeds up prefill too, where the GPU computes in fp8.", Fp8Prefill),
        new("weights-free-hbm", "memory", "Narrower weights leave more HBM for KV: more concurrent requests per GPU.", Hbm),
        new("bandwidth-wall", "memory", "Decode at small batch is bound by bandwidth, prefill by compute.", Phases),
        new("int8-prefill", "memory", "8-bit integers speed up prefill too, where weights and activations are multiplied in them.", Int8Prefill),
        new("weights-cost", "memory", "Halving the weights lowers the price of a token where KV limits the batch.", Cost),
        new("int4-multi-gpu", "memory", "Four-bit weights decide whether a 70B model fits one GPU; over eight, tensor parallelism has bought the same memory already.", MultiGpu),
        new("diminishing-halvings", "memory", "Each further halving of the weights saves less time.", Halvings),
    ];

    private static LessonOutcome Ceiling(LessonBench bench)
    {
        var d = bench.Deployment("llama-2-7b");
        var ceiling = d.Gpu.HbmBytesPerSecond / (ParameterCount.Active(d.Model) * 2);
        var reached = 1e3 / bench.Run("weights").TpotMs.P50;
        return LessonOutcome.Of(ceiling is > 220 and < 265 && reached < ceiling, $"ceiling {ceiling:F0} tok/s, a run reaches {reached:F0}", "the run beats the ceiling, or the ceiling is elsewhere");
    }

    private static LessonOutcome Int8(LessonBench bench)
    {
        var d = bench.Deployment("llama-2-70b");
        var sixteen = ParameterCount.Total(d.Model) * 2 / d.Gpu.HbmBytesPerSecond * 1e3;
        var eight = ParameterCount.Total(d.Model) * NumberFormats.BytesPerWeight(NumberFormat.Int8) / d.Gpu.HbmBytesPerSecond * 1e3;
        return LessonOutcome.Of(Near(sixteen, 42, 0.05) && Near(eight, 21, 0.05), $"{sixteen:F1} ms and {eight:F1} ms", "the parameter count is off");
    }

    private static LessonOutcome Sizes(LessonBench bench)
    {
        var n = ParameterCount.Total(bench.Catalog.Models["llama-2-7b"]) / 1e9;
        var (half, eight, four) = (n * 2, n * NumberFormats.BytesPerWeight(NumberFormat.Int8), n * NumberFormats.BytesPerWeight(NumberFormat.Int4));
        return LessonOutcome.Of(Near(half, 14, 0.06) && Near(eight, 7, 0.06) && Near(four, 3.5, 0.08), $"{half:F1}, {eight:F1} and {four:F2} GB, scales included", "scales weigh more than claimed");
    }

    private static LessonOutcome Decode(LessonBench bench, string variant, NumberFormat format, double claimed)
    {
        var (before, after) = (bench.Run("weights"), bench.Run("weights", variant));
        var gain = before.TpotMs.P50 / after.TpotMs.P50;
        var streaming = LessonBench.Decode(bench.Deployment("llama-2-7b"), 1, 2048).BandwidthSeconds / LessonBench.Decode(bench.Deployment("llama-2-7b", format), 1, 2048).BandwidthSeconds;
        return LessonOutcome.Of(
            gain >= 1 + ((claimed - 1) * 0.5) && gain <= claimed * 1.05, $"TPOT {before.TpotMs.P50:F2} → {after.TpotMs.P50:F2} ms, ×{gain:F2} of ×{claimed:F0}; operators bound by bandwidth alone ×{streaming:F2}",
            "host time per step, kernel floors and activations do not shrink with the weights");
    }

    private static LessonOutcome Int4Prefill(LessonBench bench)
    {
        var (before, after) = (bench.Run("weights"), bench.Run("weights", "int4"));
        var gain = before.TtftHopsMs["prefill"] / after.TtftHopsMs["prefill"];
        return LessonOutcome.Of(gain < 1.05 && after.TpotMs.P50 < before.TpotMs.P50,
            $"prefill {before.TtftHopsMs["prefill"]:F1} → {after.TtftHopsMs["prefill"]:F1} ms (×{gain:F2}), decode ×{before.TpotMs.P50 / after.TpotMs.P50:F2}",
            "prefill got faster: it was not bound by compute");
    }

    private static LessonOutcome Fp8Prefill(LessonBench bench)
    {
        var (before, after) = (bench.Run("weights"), bench.Run("weights", "fp8"));
        var gain = before.TtftHopsMs["prefill"] / after.TtftHopsMs["prefill"];
        return LessonOutcome.Of(gain > 1.1, $"prefill {before.TtftHopsMs["prefill"]:F1} → {after.TtftHopsMs["prefill"]:F1} ms, ×{gain:F2}", "measured fp8 kernels reach a smaller share of their peak than 16-bit ones");
    }

    private static LessonOutcome Hbm(LessonBench bench)
    {
        var (wide, narrow) = (LessonBench.Memory(bench.Deployment("llama-3.1-8b")), LessonBench.Memory(bench.Deployment("llama-3.1-8b", NumberFormat.Fp8)));
        return LessonOutcome.Of(narrow.KvTokens > wide.KvTokens, $"{wide.KvTokens / 1e3:F0} k → {narrow.KvTokens / 1e3:F0} k tokens of KV", "weights are a small part of this GPU's HBM");
    }

    private static LessonOutcome Phases(LessonBench bench)
    {
        var d = bench.Deployment("llama-3.1-8b");
        var (prefill, decode) = (LessonBench.Prefill(d, 4096), LessonBench.Decode(d, 4, 1024));
        return LessonOutcome.Of(prefill.Wall == Wall.Compute && decode.Wall == Wall.Bandwidth, $"prefill of 4,096 tokens: {prefill.Wall}; decode of 4 requests: {decode.Wall}", "another resource takes most of the step");
    }

    internal static bool Near(double value, double claimed, double tolerance) => Math.Abs((value / claimed) - 1) <= tolerance;

    private static LessonOutcome Int8Prefill(LessonBench bench)
    {
        var (before, after) = (bench.Run("weights"), bench.Run("weights", "int8"));
        var gain = before.TtftHopsMs["prefill"] / after.TtftHopsMs["prefill"];
        return LessonOutcome.Of(gain > 1.1, $"prefill {before.TtftHopsMs["prefill"]:F1} → {after.TtftHopsMs["prefill"]:F1} ms, ×{gain:F2}", "weights are unpacked to 16 bits, so products are no faster");
    }

    private static LessonOutcome Cost(LessonBench bench)
    {
        var (wide, narrow) = (bench.Run("kv-limited", "wide"), bench.Run("kv-limited"));
        return LessonOutcome.Of(narrow.CostPerMillionTokens < wide.CostPerMillionTokens * 0.95,
            $"${wide.CostPerMillionTokens:F2} → ${narrow.CostPerMillionTokens:F2} per million tokens, {wide.OutputTokensPerS:F0} → {narrow.OutputTokensPerS:F0} tok/s", "the freed memory holds too few further requests");
    }

    private static LessonOutcome MultiGpu(LessonBench bench)
    {
        var (eight, four) = (LessonBench.Memory(bench.Deployment("llama-3.1-70b", NumberFormat.Fp8)), LessonBench.Memory(bench.Deployment("llama-3.1-70b", NumberFormat.Int4)));
        var over = new Cluster.Engine.Hardware.Parallelism(8);
        var (eightOver, fourOver) = (LessonBench.Memory(bench.Deployment("llama-3.1-70b", NumberFormat.Fp8, split: over)), LessonBench.Memory(bench.Deployment("llama-3.1-70b", NumberFormat.Int4, split: over)));
        var gain = (double)fourOver.KvTokens / eightOver.KvTokens;
        return LessonOutcome.Of(eight.KvTokens * 10 < four.KvTokens && gain < 1.15,
            $"one GPU: 8-bit weights leave room for {eight.KvTokens / 1e3:F0} k tokens, 4-bit ones for {four.KvTokens / 1e3:F0} k; eight: {eightOver.KvTokens / 1e3:F0} k and {fourOver.KvTokens / 1e3:F0} k (×{gain:F2})",
            "8-bit weights leave room enough on one GPU, or the weights are a large part of eight GPUs' memory too");
    }

    private static LessonOutcome Halvings(LessonBench bench)
    {
        var (sixteen, eight, four) = (bench.Run("weights").TpotMs.P50, bench.Run("weights", "int8").TpotMs.P50, bench.Run("weights", "int4").TpotMs.P50);
        return LessonOutcome.Of(sixteen - eight > eight - four && eight > four,
            $"TPOT {sixteen:F2} → {eight:F2} → {four:F2} ms: {sixteen - eight:F2} ms saved, then {eight - four:F2}", "the second halving saves as much as the first");
    }
}
