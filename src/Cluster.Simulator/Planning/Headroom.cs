using Cluster.Engine.Requests;
using Cluster.Engine.Topology;
using Cluster.Simulator.Recording;
using Cluster.Simulator.Reporting;

namespace Cluster.Simulator.Planning;

/// <summary>The most load a cluster carries while nine requests in ten meet the SLO, for as long as the scenario's own load lasts.</summary>
/// <param name="Load">Multiple of the scenario's own load; 0 when not even the least that was tried is carried.</param>
/// <param name="Report">The run at that load; of the least load tried when none is carried.</param>
/// <param name="IsCapped">The search ended at its upper limit: there is more.</param>
public sealed record Headroom(double Load, VariantReport Report, bool IsCapped)
{
    /// <summary>Share of requests that must meet the SLO, as in DistServe (arXiv:2401.09670 §2).</summary>
    public const double Attainment = 0.9;

    /// <summary>Loads tried, as powers of two times the scenario's.</summary>
    public const int LowestPower = -4;

    /// <summary>Of conversations see <see cref="SustainedLoad.HighestPower"/>.</summary>
    public const int HighestPower = 8;

    /// <summary>The edge is located within a sixteenth of a doubling, 4.4 %.</summary>
    private const int HalvingSteps = 4;

    /// <summary>
    /// Arrivals per second at that load; null for clients that wait for their answers. A run's own figures are taken until the last answer
    /// ends, so a short run serves fewer per second than arrive although it falls behind nowhere.
    /// </summary>
    public double? ArrivalsPerSecond { get; init; }

    /// <summary>Arrivals per second of the scenario as it is; null for clients that wait for their answers.</summary>
    public double? OwnArrivalsPerSecond { get; init; }

    /// <summary>Requests per second that arrive and meet the SLO; what a scenario's <c>rate</c> may be, nearly.</summary>
    public double GoodputRps => Load <= 0 ? 0 : ArrivalsPerSecond is { } arrivals ? arrivals * PlanVerdict.Attained(Report) : Report.GoodputRps;

    /// <summary>Dollars per million output tokens while requests arrive like that; null: price unknown.</summary>
    public double? CostPerMillionTokens => ArrivalsPerSecond is { } arrivals && Report.DurationS > 0
        ? Report.CostPerMillionTokens * Report.Requests / (arrivals * Report.DurationS)
        : Report.CostPerMillionTokens;

    /// <summary>Doubles or halves the load from the scenario's own until the edge lies between two, then halves the gap in the exponent.</summary>
    public static Headroom Find(ClusterSpec cluster, Workload workload, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(cluster);
        var most = SustainedLoad.MostRequestsOn(cluster);
        var highest = SustainedLoad.HighestPower(workload, most);
        var own = Try(0);
        var at = own;
        double power = 0;
        if (IsCarried(at.Report))
        {
            while (power < highest && Try(power + 1) is var next && IsCarried(next.Report)) (power, at) = (power + 1, next);
            if (power >= highest) return Found(power, at) with { IsCapped = true };
        }
        else
        {
            do
            {
                if (--power < LowestPower) return Found(power, at) with { Load = 0 };
                at = Try(power);
            }
            while (!IsCarried(at.Report));
        }

        double gap = 1;
        for (var i = 0; i < HalvingSteps; i++)
        {
            gap /= 2;
            if (Try(power + gap) is var middle && IsCarried(middle.Report)) (power, at) = (power + gap, middle);
        }

        return Found(power, at);

        (VariantReport Report, double? Arrivals) Try(double exponent)
        {
            var run = ClusterSimulation.Run(cluster, SustainedLoad.Of(workload, Math.Pow(2, exponent), most), null, cancellation);
            return (VariantReport.Of(run), workload is Workload.OpenLoop ? Arrivals(run) : null);
        }

        Headroom Found(double power, (VariantReport Report, double? Arrivals) at) =>
            new(Math.Pow(2, power), at.Report, false) { ArrivalsPerSecond = at.Arrivals, OwnArrivalsPerSecond = own.Arrivals };
    }

    /// <summary>True when enough requests of the run met the SLO; an empty run carries nothing.</summary>
    public static bool IsCarried(VariantReport report)
    {
        ArgumentNullException.ThrowIfNull(report);
        return report.Requests > 0 && report.GoodputRps * report.DurationS >= (Attainment * report.Requests) - 1e-6;
    }

    /// <summary>Null when all arrive at once.</summary>
    private static double? Arrivals(RunRecord run)
    {
        var (first, last) = (long.MaxValue, long.MinValue);
        foreach (var request in run.Requests) (first, last) = (Math.Min(first, request.ArrivedNs), Math.Max(last, request.ArrivedNs));
        return last > first ? (run.Requests.Count - 1) / ((last - first) / 1e9) : null;
    }
}
