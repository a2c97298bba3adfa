using Cluster.Simulator.Planning;
using Cluster.Simulator.Reporting;

namespace Cluster.Simulator.Levers;

/// <summary>One cluster under the scenario's load, and at the most load it carries.</summary>
/// <param name="AtLoad">The scenario's own load.</param>
/// <param name="Peak">Null where there is no SLO to say what is too much.</param>
/// <param name="CapacitySequences">Sequences of the workload's mean length that it holds at once.</param>
public sealed record LeverMeasure(VariantReport AtLoad, Headroom? Peak, double CapacitySequences)
{
    /// <summary>Dollars per million output tokens at the most load it carries (at the scenario's, without an SLO); null: price unknown.</summary>
    public double? Cost => Peak is { Load: > 0 } ? Peak.CostPerMillionTokens : AtLoad.CostPerMillionTokens;

    /// <summary>What binds prefill and decode at the scenario's load.</summary>
    public (string Prefill, string Decode) Walls => (AtLoad.Walls["prefill"], AtLoad.Walls["decode"]);

    public double MaxGoodputRps => Peak?.GoodputRps ?? AtLoad.GoodputRps;

    /// <summary>Mean time that a prompt's own computation takes.</summary>
    public double PrefillMs => AtLoad.TtftHopsMs["prefill"];
}

/// <summary>After ÷ before: above 1 is more. Latencies and costs are better below 1, all others above.</summary>
public sealed record LeverEffect(
    double Goodput, double MaxGoodput, double TtftP50, double TtftP99, double TpotP50, double TpotP99, double Prefill, double Capacity, double? CostPerToken)
{
    public static LeverEffect Of(LeverMeasure before, LeverMeasure after)
    {
        ArgumentNullException.ThrowIfNull(before);
        ArgumentNullException.ThrowIfNull(after);
        var (a, b) = (before.AtLoad, after.AtLoad);
        return new LeverEffect(
            Ratio(a.GoodputRps, b.GoodputRps), Ratio(before.MaxGoodputRps, after.MaxGoodputRps),
            Ratio(a.TtftMs.P50, b.TtftMs.P50), Ratio(a.TtftMs.P99, b.TtftMs.P99), Ratio(a.TpotMs.P50, b.TpotMs.P50), Ratio(a.TpotMs.P99, b.TpotMs.P99),
            Ratio(before.PrefillMs, after.PrefillMs), Ratio(before.CapacitySequences, after.CapacitySequences),
            before.Cost is { } x and > 0 && after.Cost is { } y ? y / x : null);
    }

    /// <summary>What levers are ranked by: the logarithm of the most goodput gained, and a quarter of that of each latency saved.</summary>
    public double Score => Log(MaxGoodput) - (0.25 * Log(TtftP50)) - (0.25 * Log(TpotP50)) - (0.125 * Log(TtftP99)) - (0.125 * Log(TpotP99));

    /// <summary>Where nothing was before, anything is a hundredfold.</summary>
    private static double Ratio(double before, double after) => before > 0 ? after / before : after > 0 ? 100 : 1;

    private static double Log(double ratio) => Math.Log(Math.Clamp(ratio, 0.01, 100));
}
