using Cluster.Engine.Requests;
using Cluster.Engine.Topology;
using Cluster.Simulator.Reporting;

namespace Cluster.Simulator.Planning;

/// <summary>The most load a cluster carries while nine requests in ten meet the SLO.</summary>
/// <param name="Load">Multiple of the scenario's own load; 0 when not even the least that was tried is carried.</param>
/// <param name="Report">The run at that load; of the least load tried when none is carried.</param>
/// <param name="IsCapped">The search ended at its upper limit: there is more.</param>
public sealed record Headroom(double Load, VariantReport Report, bool IsCapped)
{
    /// <summary>Share of requests that must meet the SLO, as in DistServe (arXiv:2401.09670 §2).</summary>
    public const double Attainment = 0.9;

    /// <summary>Loads tried, as powers of two times the scenario's.</summary>
    public const int LowestPower = -4;

    public const int HighestPower = 8;

    /// <summary>The edge is located within a sixteenth of a doubling, 4.4 %.</summary>
    private const int HalvingSteps = 4;

    public double GoodputRps => Load <= 0 ? 0 : Report.GoodputRps;

    /// <summary>Doubles or halves the load from the scenario's own until the edge lies between two, then halves the gap in the exponent.</summary>
    public static Headroom Find(ClusterSpec cluster, Workload workload, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(cluster);
        var at = Try(0);
        double power = 0;
        if (IsCarried(at))
        {
            while (power < HighestPower && Try(power + 1) is var next && IsCarried(next)) (power, at) = (power + 1, next);
            if (power >= HighestPower) return new Headroom(Math.Pow(2, power), at, true);
        }
        else
        {
            do
            {
                if (--power < LowestPower) return new Headroom(0, at, false);
                at = Try(power);
            }
            while (!IsCarried(at));
        }

        double gap = 1;
        for (var i = 0; i < HalvingSteps; i++)
        {
            gap /= 2;
            if (Try(power + gap) is var middle && IsCarried(middle)) (power, at) = (power + gap, middle);
        }

        return new Headroom(Math.Pow(2, power), at, false);

        VariantReport Try(double exponent) =>
            VariantReport.Of(ClusterSimulation.Run(cluster, LoadScale.Times(workload, Math.Pow(2, exponent)), null, cancellation));
    }

    /// <summary>True when enough requests of the run met the SLO; an empty run carries nothing.</summary>
    public static bool IsCarried(VariantReport report)
    {
        ArgumentNullException.ThrowIfNull(report);
        return report.Requests > 0 && report.GoodputRps * report.DurationS >= (Attainment * report.Requests) - 1e-6;
    }
}
