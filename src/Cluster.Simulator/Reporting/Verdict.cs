using System.Globalization;

namespace Cluster.Simulator.Reporting;

/// <summary>Says which variant won, and why one may believe it.</summary>
public static class Verdict
{
    /// <summary>Differences below this are called even: runs of the same scenario differ by as much.</summary>
    private const double Even = 0.02;

    public static string Of(IReadOnlyList<VariantReport> variants)
    {
        ArgumentNullException.ThrowIfNull(variants);
        return Winner(variants) + string.Concat(variants.Where(v => v.TooLong > 0).Select(TurnedAway));
    }

    private static string TurnedAway(VariantReport v) =>
        $" {v.Name} turned {v.TooLong} of {v.Requests} requests away: prompt and answer are longer than the context (engine.max_model_len) or than an instance's KV cache.";

    private static string Winner(IReadOnlyList<VariantReport> variants)
    {
        if (variants.Count == 0) return "Nothing ran.";
        if (variants.Count == 1) return Alone(variants[0]);
        var ranked = variants.OrderByDescending(v => v.GoodputRps).ToList();
        var (best, next) = (ranked[0], ranked[1]);
        if (best.GoodputRps <= 0) return "No variant met the SLO for a single request: lower the rate, add GPUs or relax the SLO.";
        var gain = next.GoodputRps <= 0 ? double.PositiveInfinity : best.GoodputRps / next.GoodputRps - 1;
        if (gain > Even)
        {
            return string.Create(CultureInfo.InvariantCulture,
                $"{best.Name} wins: goodput {best.GoodputRps:F2} against {next.GoodputRps:F2} req/s ({Percent(gain)}){Sizes(best, next)}; {Latencies(best, next)}.");
        }

        var (steady, other) = best.ItlMs.P99 <= next.ItlMs.P99 ? (best, next) : (next, best);
        var tokens = Reasons.AreTokensEven(best, next) ? "so are the gaps between tokens" : $"{steady.Name} has the steadier tokens";
        return string.Create(CultureInfo.InvariantCulture,
            $"Goodput is even ({best.GoodputRps:F2} and {next.GoodputRps:F2} req/s); {tokens}{Sizes(steady, other)}: ITL p99 {steady.ItlMs.P99:F1} against {other.ItlMs.P99:F1} ms, {Latencies(steady, other)}.");
    }

    private static string Alone(VariantReport only) => only.Completed == 0
        ? $"{only.Name} completed no request."
        : string.Create(CultureInfo.InvariantCulture,
            $"{only.Name} {(only.HasObjectives ? $"met the SLO for {only.GoodputRps / only.RequestsPerS:P0} of requests" : $"completed {only.Completed} of {only.Requests} requests; {Reasons.NoObjectives}")}.");

    /// <summary>A cluster that wins by being larger has not won: both sizes are said, and what each GPU gives.</summary>
    private static string Sizes(VariantReport a, VariantReport b) => Math.Abs(a.MeanGpus - b.MeanGpus) <= Even * b.MeanGpus ? "" : string.Create(CultureInfo.InvariantCulture,
        $" on {a.MeanGpus:0.#} GPUs against {b.MeanGpus:0.#} ({a.GoodputRps / a.MeanGpus:G2} against {b.GoodputRps / b.MeanGpus:G2} req/s per GPU)");

    private static string Latencies(VariantReport a, VariantReport b) => string.Create(CultureInfo.InvariantCulture,
        $"TTFT p90 {a.TtftMs.P90:F0} against {b.TtftMs.P90:F0} ms, TPOT p99 {a.TpotMs.P99:F1} against {b.TpotMs.P99:F1} ms");

    private static string Percent(double gain) =>
        double.IsInfinity(gain) ? "the other met it for none" : string.Create(CultureInfo.InvariantCulture, $"+{gain:P0}");
}
