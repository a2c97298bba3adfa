using System.Text.Json.Nodes;
using Cluster.Engine.Models;

namespace Cluster.Simulator.Planning;

/// <summary>The published JSON of <c>plan</c>.</summary>
public static class PlanJson
{
    /// <param name="confirmations">Of live runs; null: none were made.</param>
    public static JsonObject Of(PlanReport report, IReadOnlyList<PlanConfirmation>? confirmations = null)
    {
        ArgumentNullException.ThrowIfNull(report);
        return new JsonObject
        {
            ["candidates_evaluated"] = report.Results.Count,
            ["group_gpus"] = report.Space.GroupGpus,
            ["best"] = report.Best is { } best ? Result(best) : null,
            ["pareto"] = new JsonArray([.. report.Pareto.Select(Result)]),
            ["disaggregation_pays"] = report.DisaggregationPays,
            ["disaggregation_pays_from_rps"] = report.PaysFromRps,
            ["ranked_by"] = report.Space.Rank == PlanRank.PerGpu ? "goodput_per_gpu" : "goodput_per_dollar",
            ["verdict"] = report.Verdict,
            ["best_with_model_error"] = report.WithModelError is { } slower ? new JsonObject { ["load"] = slower.Load * report.Results[0].Groups, ["max_goodput_rps"] = slower.GoodputRps * report.Results[0].Groups } : null,
            ["model_error"] = new JsonObject { ["median_ape"] = report.Error.MedianApe, ["source"] = report.Error.Source },
            ["candidates"] = new JsonArray([.. report.Results.Select(Result)]),
            ["live"] = confirmations is null ? null : new JsonArray([.. confirmations.Select(c => c.ToJson())]),
        };
    }

    private static JsonObject Result(PlanResult r)
    {
        var report = r.Peak.Report;
        return new JsonObject
        {
            ["name"] = r.Name,
            ["disaggregated"] = r.Candidate.IsDisaggregated,
            ["gpus"] = r.Gpus,
            ["groups"] = r.Groups,
            ["prefill"] = r.Candidate.Prefill is { } prefill ? Pool(prefill, r.Candidate.X) : null,
            [r.Candidate.IsDisaggregated ? "decode" : "aggregated"] = Pool(r.Candidate.Decode, r.Candidate.Y),
            ["router"] = r.Candidate.Router,
            ["max_num_batched_tokens"] = r.Candidate.StepTokens,
            ["max_goodput_rps"] = r.GoodputRps,
            ["goodput_per_gpu"] = r.GoodputPerGpu,
            ["goodput_per_dollar"] = r.GoodputPerDollar,
            ["dollars_per_hour"] = r.DollarsPerHour > 0 ? r.DollarsPerHour : null,
            ["cost_per_million_tokens"] = r.Peak.CostPerMillionTokens,
            ["load"] = r.Peak.Load * r.Groups,
            ["arrivals_rps"] = r.Peak.ArrivalsPerSecond * r.Groups,
            ["slo_attained"] = Math.Round(PlanVerdict.Attained(report), 4),
            ["ttft_ms"] = new JsonObject { ["p50"] = report.TtftMs.P50, ["p90"] = report.TtftMs.P90, ["p99"] = report.TtftMs.P99 },
            ["tpot_ms"] = new JsonObject { ["p50"] = report.TpotMs.P50, ["p90"] = report.TpotMs.P90, ["p99"] = report.TpotMs.P99 },
            ["estimated_rps"] = r.Candidate.EstimatedRps * r.Groups,
            ["walls"] = new JsonObject([.. report.Walls.Select(w => KeyValuePair.Create<string, JsonNode?>(w.Key, w.Value))]),
        };
    }

    private static JsonObject Pool(PlanShape shape, int instances) => new()
    {
        ["instances"] = instances,
        ["gpu"] = shape.Instance.Deployment.Gpu.Name,
        ["tp"] = shape.Parallelism.Tp,
        ["pp"] = shape.Parallelism.Pp,
        ["dp"] = shape.Parallelism.Dp,
        ["ep"] = shape.Parallelism.Ep,
        ["weights"] = NumberFormats.Name(shape.Weights),
        ["kv"] = NumberFormats.Name(shape.Kv),
    };
}
