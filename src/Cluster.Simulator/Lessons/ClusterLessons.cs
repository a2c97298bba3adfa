namespace Cluster.Simulator.Lessons;

/// <summary>Many instances: run in virtual time.</summary>
internal static class ClusterLessons
{
    public static IReadOnlyList<Lesson> All { get; } =
    [
        new("disaggregation-low", "cluster", "At low traffic disaggregation is overhead: nothing gained, a transfer to pay.", Low),
        new("disaggregation-high", "cluster", "At volume it pays: prompts no longer stutter the decodes beside them, so more requests meet the SLO.", High),
        new("disaggregation-interference", "cluster", "Decode steps of their own have no prefill spikes.", Interference),
        new("kv-transfer-toll", "cluster", "The KV transfer is paid once per request and is small beside the prefill on a fast link.", Toll),
        new("quantised-transfer", "cluster", "8-bit KV halves what disaggregation must move.", Quantised),
        new("kv-aware-routing", "cluster", "Routing by what is cached where beats routing blind, when prompts share prefixes.", Routing),
        new("kv-routing-low", "cluster", "At low traffic KV-aware routing is overhead.", QuietRouting),
        new("independent-scaling", "cluster", "Each side scales by itself: prefill instances shorten first tokens, decode instances the others.", Independent),
    ];

    private static LessonOutcome Low(LessonBench bench)
    {
        var (together, apart) = (bench.Run("disaggregation"), bench.Run("disaggregation", "apart-low"));
        return LessonOutcome.Of(apart.GoodputRps <= together.GoodputRps * 1.02 && apart.TtftMs.P50 >= together.TtftMs.P50,
            $"goodput {together.GoodputRps:F2} and {apart.GoodputRps:F2} req/s, TTFT p50 {together.TtftMs.P50:F0} and {apart.TtftMs.P50:F0} ms", "interference shows even at this rate");
    }

    private static LessonOutcome High(LessonBench bench)
    {
        var (together, apart) = (bench.Run("disaggregation", "together-high"), bench.Run("disaggregation", "apart-high"));
        return LessonOutcome.Of(apart.GoodputRps > together.GoodputRps * 1.1,
            $"goodput {together.GoodputRps:F2} → {apart.GoodputRps:F2} req/s; TPOT p90 {together.TpotMs.P90:F1} → {apart.TpotMs.P90:F1} ms, TTFT p90 {together.TtftMs.P90:F0} → {apart.TtftMs.P90:F0} ms",
            "chunked prefill already keeps the aggregated decodes within the objective, or two prefill instances are too few");
    }

    private static LessonOutcome Interference(LessonBench bench)
    {
        var (together, apart) = (bench.Run("disaggregation", "together-high"), bench.Run("disaggregation", "apart-high"));
        return LessonOutcome.Of(apart.ItlMs.P99 < together.ItlMs.P99 / 2, $"ITL p99 {together.ItlMs.P99:F1} → {apart.ItlMs.P99:F1} ms", "steps without prefill vary as much");
    }

    private static LessonOutcome Toll(LessonBench bench)
    {
        var hops = bench.Run("kv-transfer").TtftHopsMs;
        return LessonOutcome.Of(hops["kv_transfer"] < 0.2 * hops["prefill"], $"{hops["kv_transfer"]:F1} ms of transfer after {hops["prefill"]:F0} ms of prefill of 16 k tokens", "the link is slow for this cache");
    }

    private static LessonOutcome Quantised(LessonBench bench)
    {
        var (wide, narrow) = (bench.Record("kv-transfer"), bench.Record("kv-transfer", "fp8-kv"));
        var (a, b) = (bench.Run("kv-transfer").TtftHopsMs["kv_transfer"], bench.Run("kv-transfer", "fp8-kv").TtftHopsMs["kv_transfer"]);
        return LessonOutcome.Of(WeightLessons.Near(wide.KvBytesMoved / narrow.KvBytesMoved, 2, 0.01) && b < a, $"{wide.KvBytesMoved / 1e9:F1} → {narrow.KvBytesMoved / 1e9:F1} GB moved, {a:F1} → {b:F1} ms each", "scales travel too");
    }

    private static LessonOutcome Routing(LessonBench bench)
    {
        var (blind, aware) = (bench.Run("kv-routing"), bench.Run("kv-routing", "kv-aware"));
        return LessonOutcome.Of(aware.PrefixHitRate > blind.PrefixHitRate && aware.TtftMs.P50 < blind.TtftMs.P50,
            $"hits {blind.PrefixHitRate:P0} → {aware.PrefixHitRate:P0}, TTFT p50 {blind.TtftMs.P50:F0} → {aware.TtftMs.P50:F0} ms, p99 {blind.TtftMs.P99:F0} → {aware.TtftMs.P99:F0} ms", "every instance holds all prefixes anyway");
    }

    private static LessonOutcome QuietRouting(LessonBench bench)
    {
        var (blind, aware) = (bench.Run("kv-routing", "low"), bench.Run("kv-routing", "kv-aware-low"));
        return LessonOutcome.Of(aware.TtftMs.P50 > blind.TtftMs.P50 * 0.95,
            $"at 0.5 req/s over four instances: hits {blind.PrefixHitRate:P0} → {aware.PrefixHitRate:P0}, TTFT p50 {blind.TtftMs.P50:F0} → {aware.TtftMs.P50:F0} ms", "blind routing computes a prefix on every instance anew, however idle they are");
    }

    private static LessonOutcome Independent(LessonBench bench)
    {
        var (none, prefill, decode) = (bench.Run("independent-scaling"), bench.Run("independent-scaling", "more-prefill"), bench.Run("independent-scaling", "more-decode"));
        return LessonOutcome.Of(
            prefill.TtftMs.P90 < none.TtftMs.P90 * 0.8 && Same(prefill.TpotMs.P50, none.TpotMs.P50) && decode.TpotMs.P50 < none.TpotMs.P50 * 0.8 && Same(decode.TtftMs.P90, none.TtftMs.P90),
            $"1P1D: TTFT p90 {none.TtftMs.P90:F0} ms, TPOT p50 {none.TpotMs.P50:F1} ms; 2P1D: {prefill.TtftMs.P90:F0} and {prefill.TpotMs.P50:F1}; 1P2D: {decode.TtftMs.P90:F0} and {decode.TpotMs.P50:F1}", "one side waits for the other");

        static bool Same(double a, double b) => Math.Abs((a / b) - 1) < 0.05;
    }
}
