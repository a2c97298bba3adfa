using System.Globalization;
using Cluster.Engine.Topology;
using Cluster.Simulator.Reporting;

namespace Cluster.Simulator.Planning;

/// <summary>Says plainly what a plan found: the winner, whether disaggregation pays and from which load on, or what blocks everybody.</summary>
internal static class PlanVerdict
{
    public static (bool? Pays, double? FromRps, string Text) Of(IReadOnlyList<PlanResult> results, PlanSpace space, SloSpec slo, ModelError error)
    {
        var best = results[0];
        if (best.Peak.Load <= 0) return (null, null, NobodyMeets(results, slo));
        var apart = results.FirstOrDefault(r => r.Candidate.IsDisaggregated && r.Peak.Load > 0);
        var together = results.FirstOrDefault(r => !r.Candidate.IsDisaggregated && r.Peak.Load > 0);
        var (unit, digits) = space.Rank == PlanRank.PerGpu ? ("per GPU", "F3") : ("per dollar", "F0");
        var worth = space.Worth(best).ToString(digits, CultureInfo.InvariantCulture);
        var winner = Text($"Best: {best.Name} on {best.Gpus} GPUs carries {best.GoodputRps:F2} req/s within the SLO, {worth} {(space.Rank == PlanRank.PerGpu ? "" : "requests ")}{unit}.");
        if (apart is null) return (together is null ? null : false, null, $"{winner} No disaggregated candidate meets the SLO: aggregated it is.");
        if (together is null) return (true, null, $"{winner} No aggregated candidate meets the SLO, so disaggregation pays at any load.");
        var gain = (space.Worth(apart) / space.Worth(together)) - 1;
        var pays = gain > 0 && error.IsBeyond(gain);
        var sides = Text($"{apart.Name} against {together.Name}: {gain * 100:+0;−0;0} % goodput {unit}, {error.Caveat(gain)}");
        // On as many GPUs, or for as many dollars, as the disaggregated candidate takes: totals of clusters of different size do not compare.
        var (edgeRps, size) = space.Rank == PlanRank.PerGpu
            ? (together.GoodputPerGpu * apart.Gpus, Text($"{apart.Gpus} GPUs"))
            : (together.GoodputPerDollar!.Value * apart.DollarsPerHour / 3600, Text($"${apart.DollarsPerHour:F2} an hour"));
        var edge = Text($"{edgeRps:F2} req/s");
        var own = best.Peak.OwnArrivalsPerSecond is { } asked ? Text($" The scenario's own {asked:F1} req/s are {(asked > edgeRps ? "more" : "less")} than that.") : "";
        var plain = pays
            ? $"Disaggregation pays above about {edge} for {size}: below, aggregated instances for as much meet the SLO just as well and are simpler"
            : gain > 0 ? $"Disaggregation is ahead, but not by more than a prediction can tell; aggregated serves up to {edge} for {size}"
            : $"Disaggregation does not pay here: aggregated serves as much or more at every load up to {edge} for {size}";
        return (pays, pays ? edgeRps : null, $"{winner} {plain} ({sides}).{(pays ? own : "")}{Runners(results, space, error)}");
    }

    /// <summary>Whether the winner's lead over the next topology is one that a prediction can tell.</summary>
    private static string Runners(IReadOnlyList<PlanResult> results, PlanSpace space, ModelError error)
    {
        var next = results.Skip(1).FirstOrDefault(r => r.Peak.Load > 0 && (r.Candidate with { Router = results[0].Candidate.Router, StepTokens = results[0].Candidate.StepTokens }).Name != results[0].Candidate.Name);
        if (next is null) return "";
        var lead = (space.Worth(results[0]) / space.Worth(next)) - 1;
        return Text($" It leads the next topology, {next.Name}, by {lead * 100:F0} %, {error.Caveat(lead, cite: false)}.");
    }

    /// <summary>A winner is found at the edge of the SLO, where the model's error decides: what is left of it when predictions are that much too short.</summary>
    public static string WithModelError(Headroom slower, int groups, ModelError error) => slower.Load > 0
        ? Text($"Were all latencies {error.MedianApe:P0} longer than predicted, the best would carry {slower.GoodputRps * groups:F2} req/s.")
        : Text($"Were all latencies {error.MedianApe:P0} longer than predicted, the best would miss the SLO at any load that was tried: leave room.");

    /// <summary>Share of requests that met the SLO.</summary>
    public static double Attained(VariantReport report) =>
        report.Requests == 0 ? 0 : report.GoodputRps * report.DurationS / report.Requests;

    /// <summary>How many times too long the worst of the percentiles that an objective is set for is; below 1, none is.</summary>
    public static double Miss(VariantReport report, SloSpec slo)
    {
        (long? LimitNs, double P90Ms)[] asked = [(slo.TtftNs, report.TtftMs.P90), (slo.TpotNs, report.TpotMs.P90), (slo.E2eNs, report.E2eMs.P90)];
        return asked.Max(a => a.LimitNs is { } limit ? a.P90Ms * 1e6 / limit : 0);
    }

    private static string NobodyMeets(IReadOnlyList<PlanResult> results, SloSpec slo)
    {
        // Ranked first among those that carry nothing.
        var nearest = results[0];
        var report = nearest.Peak.Report;
        var blocks = new List<string>();
        if (slo.TtftNs / 1e6 is { } ttft && report.TtftMs.P90 > ttft)
        {
            var hop = report.TtftHopsMs.MaxBy(h => h.Value);
            blocks.Add(Text($"TTFT p90 is {report.TtftMs.P90:F0} ms against {ttft:F0} ms, of which {hop.Key.Replace('_', ' ')} takes {hop.Value:F0} ms on average"));
        }

        if (slo.TpotNs / 1e6 is { } tpot && report.TpotMs.P90 > tpot) blocks.Add(Text($"TPOT p90 is {report.TpotMs.P90:F1} ms against {tpot:F1} ms"));
        if (slo.E2eNs / 1e6 is { } e2e && report.E2eMs.P90 > e2e) blocks.Add(Text($"E2E p90 is {report.E2eMs.P90:F0} ms against {e2e:F0} ms"));
        var why = blocks.Count > 0 ? string.Join("; ", blocks) : "requests were rejected";
        return Text($"No candidate meets the SLO for nine requests in ten, even at 1/{Math.Pow(2, -Headroom.LowestPower):F0} of the load. The nearest is {nearest.Name}, which meets it for {Attained(report):P0}: {why}. Relax that objective, allow narrower formats, or use a faster GPU.");
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
