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

    /// <param name="searched">The most load was looked for; else goodput is that of the scenario's own.</param>
    public static string? Of(ILever lever, LeverEffect effect, ClusterDiagnosis before, bool searched)
    {
        var most = searched ? "max goodput" : "goodput";
        var changes = Speeds(effect, most).ToList();
        if (changes.All(c => Math.Abs(c.Gain) < Nothing))
            return $"no effect: it moves {Name(lever.Moves)}; here prefill is bound by {Name(before.Prefill.Wall)}, decode by {Name(before.Decode.Wall)}";
        if (changes.All(c => c.Gain > -Harm)) return null;
        var worth = changes.Where(c => Math.Abs(c.Gain) >= Harm).Select(c => c.What == most && c.Gain <= -1 ? $"no {(searched ? "load" : "request")} within the SLO" : $"{c.What} {Percent(c.Shown)}");
        return $"{string.Join(", ", worth)}: {lever.Trap}";
    }

    /// <summary>Each measure as a gain, positive is better whatever its direction, and as the change that tables show of it.</summary>
    private static IEnumerable<(string What, double Gain, double Shown)> Speeds(LeverEffect e, string most) =>
    [
        Rate(most, e.MaxGoodput),
        Rate("decode speed", 1 / e.TpotP50),
        Rate("prefill speed", 1 / e.Prefill),
        Latency("TTFT p50", e.TtftP50),
        Latency("TTFT p99", e.TtftP99),
        Latency("TPOT p99", e.TpotP99),
        Rate("capacity", e.Capacity),
    ];

    private static (string What, double Gain, double Shown) Rate(string what, double ratio) => (what, ratio - 1, ratio - 1);

    private static (string What, double Gain, double Shown) Latency(string what, double ratio) => (what, (1 / ratio) - 1, ratio - 1);

    private static string Percent(double change) => change >= 1
        ? string.Create(CultureInfo.InvariantCulture, $"×{1 + change:F2}")
        : string.Create(CultureInfo.InvariantCulture, $"{change * 100:+0;−0} %");

    private static string Name(Wall wall) => wall.ToString().ToLowerInvariant();
}
