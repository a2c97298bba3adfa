using System.Globalization;
using Cluster.Engine.Diagnosis;
using Cluster.Simulator.Diagnosing;

namespace Cluster.Simulator.Levers;

/// <summary>Calls a trap by its name, with the numbers of this run; null when the lever did no harm and some good.</summary>
internal static class LeverTrap
{
    /// <summary>Changes below this are no harm.</summary>
    private const double Harm = 0.05;

    /// <summary>Changes below this are none at all.</summary>
    private const double Nothing = 0.01;

    private const string Most = "max goodput";

    public static string? Of(ILever lever, LeverEffect effect, ClusterDiagnosis before)
    {
        var changes = Speeds(effect).ToList();
        if (changes.All(c => Math.Abs(c.Gain) < Nothing))
            return $"no effect: it moves {Name(lever.Moves)}; here prefill is bound by {Name(before.Prefill.Wall)}, decode by {Name(before.Decode.Wall)}";
        if (changes.All(c => c.Gain > -Harm)) return null;
        var worth = changes.Where(c => Math.Abs(c.Gain) >= Harm).Select(c => c.What == Most && c.Gain <= -1 ? "no load within the SLO" : $"{c.What} {Percent(c.Gain)}");
        return $"{string.Join(", ", worth)}: {lever.Trap}";
    }

    /// <summary>Each measure as a gain: positive is better, whatever its direction.</summary>
    private static IEnumerable<(string What, double Gain)> Speeds(LeverEffect e) =>
    [
        (Most, e.MaxGoodput - 1),
        ("decode speed", (1 / e.TpotP50) - 1),
        ("prefill speed", (1 / e.Prefill) - 1),
        ("TTFT p50", (1 / e.TtftP50) - 1),
        ("TTFT p99", (1 / e.TtftP99) - 1),
        ("TPOT p99", (1 / e.TpotP99) - 1),
        ("capacity", e.Capacity - 1),
    ];

    private static string Percent(double gain) => gain >= 1
        ? string.Create(CultureInfo.InvariantCulture, $"×{1 + gain:F2}")
        : string.Create(CultureInfo.InvariantCulture, $"{gain * 100:+0;−0} %");

    private static string Name(Wall wall) => wall.ToString().ToLowerInvariant();
}
