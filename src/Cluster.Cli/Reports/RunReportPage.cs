using Cluster.Engine.Requests;
using Cluster.Engine.Topology;
using Cluster.Report;
using Cluster.Simulator.Recording;
using Cluster.Simulator.Reporting;

namespace Cluster.Cli.Reports;

/// <summary>A run's record and figures as <c>report.html</c> shows them.</summary>
internal static class RunReportPage
{
    /// <summary>Moments at which a link is looked at.</summary>
    private const int LinkBuckets = 400;

    /// <param name="objectives">Those the variants were judged by.</param>
    /// <param name="notice">What a reader must know first: aborted, late. Null: nothing.</param>
    public static ReportModel Model(RunReport report, SloSpec objectives, IReadOnlyList<ReportVariant> variants, string? notice = null) =>
        new(report.Scenario, report.Mode == "virtual" ? "virtual time" : report.Mode, report.Verdict, variants)
        {
            Notice = notice,
            Why = report.Why,
            SloTtftMs = objectives.TtftNs / 1e6,
            SloTpotMs = objectives.TpotNs / 1e6,
            SloE2eMs = objectives.E2eNs / 1e6,
        };

    /// <param name="watch">Steps and occupancy; null where the run was not watched, then those pictures say so.</param>
    public static ReportVariant Variant(RunRecord run, VariantReport figures, RunWatch? watch)
    {
        ArgumentNullException.ThrowIfNull(run);
        ArgumentNullException.ThrowIfNull(figures);
        return new ReportVariant(figures.Name, figures.Gpus, figures.DurationS)
        {
            Disaggregated = run.Cluster.IsDisaggregated,
            Requests = [.. run.Requests.Select(Row)],
            ItlCdf = [.. Enumerable.Range(1, 200).Where(_ => run.Gaps.Count > 0).Select(i => (run.Gaps.QuantileNs(i / 200.0) / 1e6, i / 200.0))],
            GoodputRps = figures.GoodputRps,
            OutputTokensPerS = figures.OutputTokensPerS,
            PrefixHitRate = figures.PrefixHitRate,
            CostPerMillionTokens = figures.CostPerMillionTokens,
            Walls = figures.Walls,
            Steps = watch?.Steps ?? [],
            Occupancy = watch?.Occupancy ?? [],
            Roofs = [.. run.Cluster.Instances.Select(Roof).Distinct()],
            Links = Links(run, watch),
        };
    }

    private static RequestRow Row(RequestRecord request)
    {
        var completed = request.Outcome == RequestOutcome.Completed;
        return new RequestRow(completed, request.TtftNs / 1e6, request.TpotNs / 1e6, request.E2eNs / 1e6, request.OutputTokens,
            completed ? [.. Enumerable.Range(0, TtftHops.Names.Count).Select(hop => request.Hops[hop] / 1e6)] : null);
    }

    private static Roof Roof(InstanceSpec instance)
    {
        var (gpu, format) = (instance.Deployment.Gpu, instance.Deployment.Gpu.ComputeFormat(instance.Deployment.Weights));
        return new Roof($"{gpu.Name} {format.ToString().ToLowerInvariant()}", gpu.PeakFlops.GetValueOrDefault(format), gpu.HbmBytesPerSecond);
    }

    /// <summary>Share of time in which each sending instance's link had KV of some request on it.</summary>
    private static List<TimeSeries> Links(RunRecord run, RunWatch? watch)
    {
        // Live, the links themselves were watched; in virtual time the requests' own transfer hops say the same.
        var transfers = watch?.Transfers is { Count: > 0 } watched
            ? watched
            : [.. run.Requests.Where(r => r.Outcome == RequestOutcome.Completed && r.PrefillInstance >= 0 && r.Hops.KvTransferNs > 0).Select(r => Transfer(run, r))];
        if (transfers.Count == 0) return [];
        var (first, last) = (run.Requests.Min(r => r.ArrivedNs), run.Requests.Max(r => r.FinishedNs));
        var width = Math.Max(1, (last - first) / LinkBuckets);
        return [.. transfers.GroupBy(t => t.Source).OrderBy(g => g.Key, StringComparer.Ordinal).Select(group => new TimeSeries(
            $"out of {group.Key}", [.. Busy(group, first, width).Select((ns, i) => ((first + i * width) / 1e9, Math.Min(1, ns / width)))]))];
    }

    /// <summary>Time with at least one transfer on, in each of the buckets.</summary>
    private static double[] Busy(IEnumerable<(string Source, long StartNs, long EndNs)> transfers, long first, long width)
    {
        var busyNs = new double[LinkBuckets];
        var free = first;
        foreach (var (_, start, end) in transfers.OrderBy(t => t.StartNs).ThenBy(t => t.EndNs))
        {
            for (var at = Math.Max(start, free); at < end;)
            {
                var bucket = (at - first) / width;
                var until = Math.Min(end, first + (bucket + 1) * width);
                busyNs[Math.Min(bucket, LinkBuckets - 1)] += until - at;
                at = until;
            }

            free = Math.Max(free, end);
        }

        return busyNs;
    }

    private static (string Source, long StartNs, long EndNs) Transfer(RunRecord run, RequestRecord request)
    {
        var hops = request.Hops;
        var start = request.ArrivedNs + hops.TokenizeNs + hops.RouteNs + hops.PrefillQueueNs + hops.PrefillNs + hops.KvAllocNs;
        return (run.Cluster.Instances[request.PrefillInstance].Name, start, start + hops.KvTransferNs);
    }
}
