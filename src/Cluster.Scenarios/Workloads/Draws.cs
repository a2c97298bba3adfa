using Cluster.Engine.Units;
using Cluster.Scenarios.Sections;

namespace Cluster.Scenarios.Workloads;

/// <summary>Draws lengths and arrivals from a seeded stream.</summary>
internal static class Draws
{
    /// <summary>A token count, cut to the section's range.</summary>
    public static int Length(LengthSection length, RandomStream random)
    {
        var value = length.Shape switch
        {
            LengthShape.Constant => length.Mean,
            LengthShape.Uniform => random.NextInt(length.Min, length.Max),
            LengthShape.Normal => length.Mean * (1 + length.Cv * random.NextNormal()),
            LengthShape.Lognormal => Lognormal(length.Mean, length.Cv, random),
            LengthShape.Exponential => random.NextExponential(length.Mean),
            _ => throw new ArgumentOutOfRangeException(nameof(length), length.Shape, "No such distribution."),
        };
        return (int)Math.Clamp(Math.Round(value), length.Min, length.Max);
    }

    /// <summary>Arrival times, ascending, without end; ends only where the rate falls to zero for ever.</summary>
    /// <param name="together">So many arrive at each time; the rate counts them all.</param>
    public static IEnumerable<long> Arrivals(ArrivalSection arrivals, RateSection rate, ulong seed, int together = 1)
    {
        var random = new RandomStream(seed, "arrivals");
        var curve = new RateCurve(rate);
        var expected = 0.0;
        while (true)
        {
            expected += together * Gap(arrivals, random);
            var seconds = curve.SecondsAt(expected);
            if (!(seconds < 1e9)) yield break;
            for (var i = 0; i < together; i++) yield return Time.FromSeconds(seconds);
        }
    }

    /// <summary>A pause between turns.</summary>
    public static long PauseNs(PauseSection pause, RandomStream random) =>
        pause.Cv == 0 || pause.MeanNs == 0 ? pause.MeanNs : (long)Lognormal(pause.MeanNs, pause.Cv, random);

    /// <summary>A gap of mean 1.</summary>
    private static double Gap(ArrivalSection arrivals, RandomStream random) => arrivals.Process switch
    {
        ArrivalProcess.Constant => 1,
        ArrivalProcess.Poisson => random.NextExponential(1),
        ArrivalProcess.Gamma => random.NextGamma(1 / (arrivals.Cv * arrivals.Cv), arrivals.Cv * arrivals.Cv),
        _ => throw new ArgumentOutOfRangeException(nameof(arrivals), arrivals.Process, "No such process."),
    };

    private static double Lognormal(double mean, double cv, RandomStream random)
    {
        var variance = Math.Log(1 + cv * cv);
        return Math.Exp(Math.Log(mean) - variance / 2 + Math.Sqrt(variance) * random.NextNormal());
    }
}
