using Cluster.Scenarios.Sections;

namespace Cluster.Scenarios.Workloads;

/// <summary>
/// Arrivals expected by a time, and its inverse. Arrivals of any rate come from arrivals of rate 1 by this inverse
/// (time rescaling of a point process), so one generator serves every process and every rate.
/// </summary>
internal sealed class RateCurve(RateSection rate)
{
    private readonly double _period = rate.PeriodNs / 1e9;

    /// <summary>The second at which <paramref name="arrivals"/> are expected to have come; infinity if never.</summary>
    public double SecondsAt(double arrivals) => rate.Shape switch
    {
        RateShape.Constant => arrivals / rate.PerSecond,
        RateShape.Ramp => Ramp(arrivals),
        RateShape.Square => Square(arrivals),
        _ => throw new ArgumentOutOfRangeException(nameof(arrivals), rate.Shape, "No such rate."),
    };

    /// <summary>from·t + (to − from)·t²/2T until T, then to.</summary>
    private double Ramp(double arrivals)
    {
        var (from, to) = (rate.PerSecond, rate.ToPerSecond);
        var whole = (from + to) / 2 * _period;
        if (arrivals >= whole) return _period + (arrivals - whole) / to;
        var slope = (to - from) / _period;
        return Math.Abs(slope) < 1e-12 ? arrivals / from : 2 * arrivals / (from + Math.Sqrt(Math.Max(0, from * from + 2 * slope * arrivals)));
    }

    private double Square(double arrivals)
    {
        var (low, high) = (_period * (1 - rate.Duty), _period * rate.Duty);
        var perPeriod = low * rate.PerSecond + high * rate.ToPerSecond;
        if (perPeriod <= 0) return double.PositiveInfinity;
        var periods = Math.Floor(arrivals / perPeriod);
        var left = arrivals - periods * perPeriod;
        var inLow = low * rate.PerSecond;
        return periods * _period + (left < inLow ? left / rate.PerSecond : low + (left - inLow) / rate.ToPerSecond);
    }
}
