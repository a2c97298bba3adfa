using Cluster.Engine.Diagnosis;

namespace Cluster.Engine.Cost;

/// <summary>What a step costs on the slowest rank. The five parts add up to the duration, less what overlaps.</summary>
/// <param name="DurationSeconds">From the step's start to its tokens being visible.</param>
/// <param name="ComputeSeconds">Time in operators that arithmetic binds.</param>
/// <param name="BandwidthSeconds">Time in operators that HBM binds.</param>
/// <param name="NetworkSeconds">Exposed time in collectives and pipeline transfers.</param>
/// <param name="HostSeconds">Exposed host time and kernel floors: scheduling, launches, sampling.</param>
/// <param name="Flops">Floating-point operations on one rank.</param>
/// <param name="HbmBytes">HBM bytes read and written on one rank.</param>
/// <param name="NetworkBytes">Bytes one rank sends.</param>
/// <param name="Extrapolated">True when a fitted curve was used outside the range it was fitted on, or for a GPU that has none of its own: see <see cref="FittedRange"/>.</param>
public readonly record struct StepCost(
    double DurationSeconds,
    double ComputeSeconds,
    double BandwidthSeconds,
    double NetworkSeconds,
    double HostSeconds,
    double Flops,
    double HbmBytes,
    double NetworkBytes,
    bool Extrapolated)
{
    /// <summary>The resource that took most of the step.</summary>
    public Wall Wall
    {
        get
        {
            var wall = Wall.Compute;
            var most = ComputeSeconds;
            if (BandwidthSeconds > most) (wall, most) = (Wall.Bandwidth, BandwidthSeconds);
            if (NetworkSeconds > most) (wall, most) = (Wall.Network, NetworkSeconds);
            return HostSeconds > most ? Wall.Host : wall;
        }
    }

    /// <summary>The same with a share of its work: a rank that stands idle for some of the places in a pipeline.</summary>
    internal StepCost OfRank(double share) => this with { Flops = Flops * share, HbmBytes = HbmBytes * share, NetworkBytes = NetworkBytes * share };

    /// <summary>The same work in so many times the time.</summary>
    internal StepCost Stretched(double factor) => this with
    {
        DurationSeconds = DurationSeconds * factor,
        ComputeSeconds = ComputeSeconds * factor,
        BandwidthSeconds = BandwidthSeconds * factor,
        NetworkSeconds = NetworkSeconds * factor,
        HostSeconds = HostSeconds * factor,
    };
}
