using Cluster.Scenarios.Sections;
using Cluster.Scenarios.Yaml;

namespace Cluster.Scenarios.Reading;

/// <summary>Reads when requests arrive: the process and the rate.</summary>
internal static class ArrivalReader
{
    public static ArrivalSection? ReadArrivals(SectionReader? r)
    {
        if (r is null) return null;
        var process = r.Choice("process", "Spacing of arrivals.", [.. Enum.GetNames<ArrivalProcess>().Select(n => n.ToLowerInvariant())]);
        var cv = r.Number("cv", "Standard deviation ÷ mean of the gaps, for gamma; above 1 is bursty. Default 1.", 0, 100, above: true);
        if (r.Has("cv") && process is not null and not "gamma")
            r.Error("cv", $"A {process} process has no spread to set; remove it, or use gamma.");
        r.RejectUnknownKeys();
        return new ArrivalSection(process is null ? ArrivalProcess.Poisson : Enum.Parse<ArrivalProcess>(process, ignoreCase: true), cv ?? 1);
    }

    public static RateSection? ReadRate(SectionReader? r)
    {
        if (r is null) return null;
        var mean = r.PerSecond("mean", "A constant rate.");
        var ramp = r.Section("ramp", "From one rate to another, then staying there.");
        var square = r.Section("square", "A wave between two rates, low first.");
        RateSection? rate = mean is null ? null : new RateSection(RateShape.Constant, mean.Value);
        if (ramp is not null)
        {
            rate = new RateSection(RateShape.Ramp,
                ramp.Needed("from", ramp.PerSecond("from", "Rate at the start.", zeroAllowed: true)) ?? 0,
                ramp.Needed("to", ramp.PerSecond("to", "Rate at the end.")) ?? 1,
                ramp.Needed("over", ramp.DurationNs("over", "How long the ramp takes.", 1)) ?? 1);
            ramp.RejectUnknownKeys();
        }

        if (square is not null)
        {
            rate = new RateSection(RateShape.Square,
                square.Needed("low", square.PerSecond("low", "Low rate.", zeroAllowed: true)) ?? 0,
                square.Needed("high", square.PerSecond("high", "High rate.")) ?? 1,
                square.Needed("period", square.DurationNs("period", "One low and one high.", 1)) ?? 1,
                square.Number("duty", "Share of the period that is high. Default 0.5.", 0, 1) ?? 0.5);
            square.RejectUnknownKeys();
        }

        var ways = new[] { "mean", "ramp", "square" };
        if (!r.Context.Describing && !ways.Any(r.Has)) r.Error("", "Which rate?", null, string.Join(" or ", ways), "Write e.g. 'rate: 4/s'.");
        if (ways.Count(r.Has) > 1) r.Error("", "A rate is given in one way.", null, string.Join(" or ", ways));
        r.RejectUnknownKeys();
        return rate;
    }
}
