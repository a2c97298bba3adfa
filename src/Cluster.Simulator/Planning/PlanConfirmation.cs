using System.Globalization;
using System.Text.Json.Nodes;
using Cluster.Scenarios;
using Cluster.Scenarios.Catalogs;
using Cluster.Simulator.Reporting;

namespace Cluster.Simulator.Planning;

/// <summary>A candidate at a load of the plan's choosing: to be run live, and held against what virtual time says of it.</summary>
/// <param name="Load">Multiple of the scenario's own load.</param>
/// <param name="Variant">The candidate under that load.</param>
/// <param name="Predicted">What virtual time makes of it.</param>
public sealed record PlanTrial(PlanCandidate Candidate, double Load, ResolvedVariant Variant, VariantReport Predicted)
{
    /// <summary>
    /// The winner at the most load that it carries with the model's error as margin (at the very edge of the SLO, a few per cent
    /// decide over all requests), and the best candidate of the other kind, aggregated or disaggregated, at as much load per GPU.
    /// The advice is right when live the one meets the SLO and the other does as predicted.
    /// </summary>
    /// <param name="source">What the plan was made for.</param>
    public static IReadOnlyList<PlanTrial> Of(PlanReport report, ScenarioSource source, Catalog catalog, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(report);
        ArgumentNullException.ThrowIfNull(source);
        if (report.Best is not { } best) return [];
        var most = report.WithModelError is { Load: > 0 } slower ? slower.Load : best.Peak.Load;
        var other = report.Results.FirstOrDefault(r => r.Candidate.IsDisaggregated != best.Candidate.IsDisaggregated);
        return [.. new[] { best, other }.OfType<PlanResult>().Select(r => At(r.Candidate, most * r.Candidate.Gpus / best.Candidate.Gpus))];

        PlanTrial At(PlanCandidate candidate, double load)
        {
            var variant = source.Read(catalog, candidate.Overrides()).OrThrow().Variants[0];
            variant = variant with { Workload = SustainedLoad.Of(variant.Workload, load, SustainedLoad.MostRequestsOn(variant.Cluster)) };
            return new PlanTrial(candidate, load, variant, VariantReport.Of(ClusterSimulation.Run(variant.Cluster, variant.Workload, null, cancellation)));
        }
    }
}

/// <summary>What became of a trial.</summary>
public sealed record PlanConfirmation(PlanTrial Trial, VariantReport Live)
{
    /// <summary>Shares of requests within the SLO that differ by less are the same: at the edge of what is carried a few requests decide.</summary>
    public const double Near = 0.1;

    public double LiveAttained => PlanVerdict.Attained(Live);

    public double PredictedAttained => PlanVerdict.Attained(Trial.Predicted);

    public bool IsConfirmed => Math.Abs(LiveAttained - PredictedAttained) <= Near;

    /// <summary>One line for people.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture,
        $"{(IsConfirmed ? "confirmed" : "not confirmed")}: {Trial.Candidate.Name} at ×{Trial.Load:F2} of the load serves {Live.GoodputRps:F1} req/s within the SLO live, {Trial.Predicted.GoodputRps:F1} predicted ({LiveAttained * 100:F0} % of requests, {PredictedAttained * 100:F0} % predicted); TTFT p90 {Live.TtftMs.P90:F0} ms live, {Trial.Predicted.TtftMs.P90:F0} predicted; TPOT p90 {Live.TpotMs.P90:F1} ms live, {Trial.Predicted.TpotMs.P90:F1} predicted");

    public JsonObject ToJson() => new()
    {
        ["name"] = Trial.Candidate.Name,
        ["load"] = Trial.Load,
        ["confirmed"] = IsConfirmed,
        ["goodput_rps"] = Figure(Trial.Predicted.GoodputRps, Live.GoodputRps),
        ["slo_attained"] = Figure(PredictedAttained, LiveAttained),
        ["ttft_p90_ms"] = Figure(Trial.Predicted.TtftMs.P90, Live.TtftMs.P90),
        ["tpot_p90_ms"] = Figure(Trial.Predicted.TpotMs.P90, Live.TpotMs.P90),
    };

    private static JsonObject Figure(double predicted, double live) => new() { ["predicted"] = Math.Round(predicted, 4), ["live"] = Math.Round(live, 4) };
}
