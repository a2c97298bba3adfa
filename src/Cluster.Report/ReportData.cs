using System.Globalization;
using System.Text.Json.Nodes;

namespace Cluster.Report;

/// <summary>Condenses a model into what the page draws: quantiles and thinned series, not every request.</summary>
public static class ReportData
{
    /// <summary>Gaps below it are tokens that came in one packet; on a logarithmic axis they would take most of the picture.</summary>
    private const double CoalescedMs = 0.01;

    /// <summary>Steps drawn per variant.</summary>
    public const int MaxSteps = 2_000;

    private const int MaxPoints = 800;
    private const int CdfPoints = 200;

    /// <summary>The hops of TTFT, in the order a request takes them.</summary>
    public static IReadOnlyList<string> HopNames { get; } = ["tokenize", "route", "prefill_queue", "prefill", "kv_alloc", "kv_transfer", "decode_queue"];

    /// <summary>The page's data. Escaped so that it may stand inside a script element.</summary>
    public static string Json(ReportModel model)
    {
        ArgumentNullException.ThrowIfNull(model);
        return new JsonObject
        {
            ["slo_ms"] = new JsonObject { ["ttft"] = model.SloTtftMs, ["tpot"] = model.SloTpotMs, ["e2e"] = model.SloE2eMs },
            ["roofs"] = new JsonArray([.. model.Variants.SelectMany(v => v.Roofs).Distinct().Select(r => (JsonNode)new JsonObject { ["name"] = r.Name, ["flops"] = Finite(r.FlopsPerSecond), ["bytes"] = Finite(r.HbmBytesPerSecond) })]),
            ["variants"] = new JsonArray([.. model.Variants.Select(v => (JsonNode)Variant(v))]),
            ["pareto"] = Pareto(model),
        }.ToJsonString();
    }

    private static JsonObject Variant(ReportVariant variant)
    {
        var done = variant.Requests.Where(r => r.Completed).ToList();
        var (ttft, tpot, e2e) = (Sorted(done.Select(r => r.TtftMs)), Sorted(done.Where(r => r.OutputTokens > 1).Select(r => r.TpotMs)), Sorted(done.Select(r => r.E2eMs)));
        return new JsonObject
        {
            ["name"] = variant.Name,
            ["gpus"] = variant.Gpus,
            ["disaggregated"] = variant.Disaggregated,
            ["requests"] = variant.Requests.Count,
            ["completed"] = done.Count,
            ["failed"] = variant.Requests.Count - done.Count,
            ["goodput_rps"] = Finite(variant.GoodputRps),
            ["output_tokens_per_s"] = Finite(variant.OutputTokensPerS),
            ["prefix_hit_rate"] = Finite(variant.PrefixHitRate),
            ["cost_per_million_tokens"] = variant.CostPerMillionTokens is { } cost ? Finite(cost) : null,
            ["walls"] = new JsonObject(variant.Walls.Select(w => KeyValuePair.Create(w.Key, (JsonNode?)w.Value))),
            ["ttft"] = Quantiles(ttft),
            ["tpot"] = Quantiles(tpot),
            ["e2e"] = Quantiles(e2e),
            ["distributions"] = new JsonObject { ["ttft"] = Cdf(ttft), ["tpot"] = Cdf(tpot), ["e2e"] = Cdf(e2e), ["itl"] = Pairs([.. Thin(variant.ItlCdf, CdfPoints).Where(p => p.Milliseconds >= CoalescedMs)]) },
            ["hops_mean"] = Hops(done, all => all.Average()),
            ["hops_p99"] = HopsOfTail(done),
            ["roofline"] = Roofline(variant.Steps),
            ["occupancy"] = Series(variant.Occupancy),
            ["links"] = Series(variant.Links),
        };
    }

    private static double[] Sorted(IEnumerable<double> values) => [.. values.Where(double.IsFinite).Order()];

    private static JsonObject Quantiles(double[] sorted) => new() { ["p50"] = At(sorted, 0.5), ["p90"] = At(sorted, 0.9), ["p99"] = At(sorted, 0.99) };

    private static double? At(double[] sorted, double q)
    {
        if (sorted.Length == 0) return null;
        var at = q * (sorted.Length - 1);
        var below = (int)at;
        return Round(sorted[below] + (at - below) * (sorted[Math.Min(below + 1, sorted.Length - 1)] - sorted[below]));
    }

    /// <summary>Points of the cumulative distribution; a logarithmic axis has no place for zeros.</summary>
    private static JsonArray Cdf(double[] sorted)
    {
        var count = Math.Min(sorted.Length, CdfPoints);
        var points = Enumerable.Range(0, count).Select(i => count == 1 ? sorted.Length - 1 : (int)((long)i * (sorted.Length - 1) / (count - 1)));
        return Pairs([.. points.Where(i => sorted[i] > 0).Select(i => (sorted[i], (i + 1.0) / sorted.Length))]);
    }

    private static JsonObject Hops(List<RequestRow> done, Func<IEnumerable<double>, double> condense)
    {
        var with = done.Where(r => r.HopsMs is not null).ToList();
        return new JsonObject(HopNames.Select((name, hop) => KeyValuePair.Create(name, with.Count == 0 ? null : (JsonNode?)Round(condense(with.Select(r => Math.Max(0, r.HopsMs![hop])))))));
    }

    /// <summary>Hops of the requests around the 99th percentile of TTFT: these add up to a TTFT, percentiles of hops would not.</summary>
    private static JsonObject HopsOfTail(List<RequestRow> done)
    {
        var ordered = done.Where(r => r.HopsMs is not null).OrderBy(r => r.TtftMs).ToList();
        var middle = (int)(0.99 * (ordered.Count - 1));
        var reach = Math.Max(1, ordered.Count / 200);
        return Hops([.. ordered.Skip(Math.Max(0, middle - reach)).Take(2 * reach)], all => all.Average());
    }

    private static JsonArray Roofline(IReadOnlyList<StepRow> steps) =>
        [.. Thin(steps, MaxSteps).Where(s => s is { Flops: > 0, HbmBytes: > 0, DurationMs: > 0 }).GroupBy(s => s.Role).Select(g => (JsonNode)new JsonObject
        {
            ["role"] = g.Key,
            ["points"] = new JsonArray([.. g.Select(s => (JsonNode)new JsonArray(
                Round(s.Flops / s.HbmBytes),
                Round(s.Flops / (s.DurationMs / 1e3)),
                string.Create(CultureInfo.InvariantCulture, $"{s.Instance}: {s.Tokens} tokens, {s.DurationMs:0.##} ms, {s.Wall}")))]),
        })];

    private static JsonArray Series(IReadOnlyList<TimeSeries> series) =>
        [.. series.Where(s => s.Points.Count > 0).Select(s => (JsonNode)new JsonObject { ["name"] = s.Name, ["points"] = Pairs(Thin(s.Points, MaxPoints)) })];

    private static JsonArray Pareto(ReportModel model)
    {
        var points = model.Variants.Where(v => v.Gpus > 0 && v.OutputTokensPerS > 0).Select(OwnPoint).Where(p => p.TokensPerSecondPerUser > 0).Concat(model.Candidates).ToList();
        return [.. points.Select(p => (JsonNode)new JsonObject
        {
            ["name"] = p.Name, ["x"] = Finite(p.TokensPerSecondPerUser), ["y"] = Finite(p.TokensPerSecondPerGpu),
            ["best"] = !points.Any(o => o != p && o.TokensPerSecondPerUser >= p.TokensPerSecondPerUser && o.TokensPerSecondPerGpu >= p.TokensPerSecondPerGpu),
        })];
    }

    private static ParetoPoint OwnPoint(ReportVariant variant)
    {
        var tpot = Sorted(variant.Requests.Where(r => r is { Completed: true, OutputTokens: > 1 }).Select(r => r.TpotMs));
        return new ParetoPoint(variant.Name, tpot.Length == 0 || tpot.Average() <= 0 ? 0 : 1_000 / tpot.Average(), variant.OutputTokensPerS / variant.Gpus);
    }

    /// <summary>Every n-th element, first and last kept.</summary>
    private static IReadOnlyList<T> Thin<T>(IReadOnlyList<T> all, int most) =>
        all.Count <= most ? all : [.. Enumerable.Range(0, most).Select(i => all[(int)((long)i * (all.Count - 1) / (most - 1))])];

    private static JsonArray Pairs(IReadOnlyList<(double X, double Y)> points) =>
        [.. points.Select(p => (JsonNode)new JsonArray(Round(p.X), Round(p.Y)))];

    private static double? Finite(double value) => double.IsFinite(value) ? value : null;

    private static double Round(double value) => !double.IsFinite(value) || value == 0 ? 0 : double.Parse(value.ToString("G6", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
}
