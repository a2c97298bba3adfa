using Cluster.Engine.Cost;

namespace Cluster.Simulator.Lessons;

/// <summary>Draft and verify: priced step by step.</summary>
internal static class SpeculationLessons
{
    private static readonly SpeculativeDecoding Eagle = new(DraftMethod.Eagle, 4, 0.8);

    public static IReadOnlyList<Lesson> All { get; } =
    [
        new("speculation-tokens", "compute", "With α = 0.8 and K = 4, one pass of the target commits about 3.3 tokens.", Tokens),
        new("speculation-small-batch", "compute", "At batch 1 speculative decoding speeds up decode about threefold, less the draft's cost.", Small),
        new("speculation-large-batch", "compute", "The same setup gains little or nothing once the batch nears the ridge: batching starves speculation.", Large),
        new("speculation-ttft", "compute", "Speculative decoding never helps TTFT.", Ttft),
        new("speculation-draft-cost", "compute", "A draft model that costs a share c of the target divides the gain by 1 + c·K.", DraftCost),
    ];

    private static LessonOutcome Tokens(LessonBench bench) =>
        LessonOutcome.Of(WeightLessons.Near(Eagle.ExpectedTokensPerPass, 3.3, 0.05), $"{Eagle.ExpectedTokensPerPass:F2} tokens per pass", "the sum is another");

    private static LessonOutcome Small(LessonBench bench)
    {
        var gain = Gain(bench, 1);
        return LessonOutcome.Of(gain is > 2 and < 3.4, $"×{gain:F2} at batch 1", "drafts and host time cost more than claimed");
    }

    private static LessonOutcome Large(LessonBench bench)
    {
        var (small, large) = (Gain(bench, 1), Gain(bench, 1024));
        return LessonOutcome.Of(large < 1.2 && large < small / 2, $"×{small:F2} at batch 1, ×{Gain(bench, 64):F2} at 64, ×{Gain(bench, 256):F2} at 256, ×{large:F2} at 1,024", "compute is still to spare at that batch");
    }

    private static LessonOutcome Ttft(LessonBench bench)
    {
        var plain = bench.Deployment("llama-3.1-8b");
        var (a, b) = (LessonBench.Prefill(plain, 2048).DurationSeconds, LessonBench.Prefill(plain with { Speculation = Eagle }, 2048).DurationSeconds);
        return LessonOutcome.Of(b >= a, $"prefill {a * 1e3:F2} ms without, {b * 1e3:F2} ms with", "prefill got faster");
    }

    /// <summary>Tokens per second with drafts ÷ without, at a batch of short contexts.</summary>
    private static double Gain(LessonBench bench, int batch)
    {
        var plain = bench.Deployment("llama-3.1-70b");
        var (alone, verified) = (LessonBench.Decode(plain, batch, 512), LessonBench.Decode(plain with { Speculation = Eagle }, batch, 512, 1 + Eagle.DraftTokens));
        return Eagle.ExpectedTokensPerPass * alone.DurationSeconds / verified.DurationSeconds;
    }

    private static LessonOutcome DraftCost(LessonBench bench)
    {
        const double Share = 0.1;
        var drafted = Eagle with { Method = DraftMethod.DraftModel, DraftCost = Share };
        var plain = bench.Deployment("llama-3.1-70b");
        var alone = LessonBench.Decode(plain, 1, 512).DurationSeconds;
        var (free, paid) = (Verify(Eagle with { Method = DraftMethod.DraftModel }), Verify(drafted));
        var (divided, claimed) = (paid / free, 1 + (Share * Eagle.DraftTokens));
        return LessonOutcome.Of(WeightLessons.Near(divided, claimed, 0.1),
            $"×{Eagle.ExpectedTokensPerPass * alone / free:F2} with drafts for nothing, ×{Eagle.ExpectedTokensPerPass * alone / paid:F2} at c = {Share}: divided by {divided:F2}, by the formula {claimed:F2}", "drafts are priced otherwise");

        double Verify(SpeculativeDecoding how) => LessonBench.Decode(plain with { Speculation = how }, 1, 512, 1 + how.DraftTokens).DurationSeconds;
    }
}
