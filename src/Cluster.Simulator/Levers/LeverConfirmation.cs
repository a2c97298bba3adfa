using System.Globalization;
using System.Text.Json.Nodes;
using Cluster.Simulator.Reporting;

namespace Cluster.Simulator.Levers;

/// <summary>One figure with the lever pulled ÷ without, as predicted and as a live run had it.</summary>
public sealed record ConfirmedFigure(string Name, double Predicted, double Live)
{
    /// <summary>Changes below this are none: live runs differ by as much from one to the next.</summary>
    public const double Noise = 0.05;

    /// <summary>True when live moved the same way, or neither moved by more than twice the noise.</summary>
    public bool Agrees => Math.Abs(Predicted - 1) <= Noise ? Math.Abs(Live - 1) <= 2 * Noise : Math.Sign(Predicted - 1) == Math.Sign(Live - 1);
}

/// <summary>Whether a lever did live, at the scenario's own load, what virtual time said it would.</summary>
public sealed record LeverConfirmation(string Lever, IReadOnlyList<ConfirmedFigure> Figures)
{
    public bool IsConfirmed => Figures.All(f => f.Agrees);

    /// <param name="before">The scenario as it is, live.</param>
    /// <param name="after">With the lever pulled, live.</param>
    public static LeverConfirmation Of(PulledLever pulled, VariantReport before, VariantReport after)
    {
        ArgumentNullException.ThrowIfNull(pulled);
        ArgumentNullException.ThrowIfNull(before);
        ArgumentNullException.ThrowIfNull(after);
        return new LeverConfirmation(pulled.Lever.Name,
        [
            new("goodput", pulled.Effect.Goodput, Ratio(before.GoodputRps, after.GoodputRps)),
            new("TTFT p50", pulled.Effect.TtftP50, Ratio(before.TtftMs.P50, after.TtftMs.P50)),
            new("TPOT p50", pulled.Effect.TpotP50, Ratio(before.TpotMs.P50, after.TpotMs.P50)),
        ]);
    }

    /// <summary>One line for people.</summary>
    public override string ToString() =>
        $"{(IsConfirmed ? "confirmed" : "not confirmed")}: {Lever}: {string.Join(", ", Figures.Select(f => string.Create(CultureInfo.InvariantCulture, $"{f.Name} ×{f.Live:F2} live, ×{f.Predicted:F2} predicted{(f.Agrees ? "" : " (differs)")}")))}";

    public JsonObject ToJson() => new()
    {
        ["name"] = Lever,
        ["confirmed"] = IsConfirmed,
        ["figures"] = new JsonArray([.. Figures.Select(f => new JsonObject
        {
            ["name"] = f.Name,
            ["predicted"] = Math.Round(f.Predicted, 4),
            ["live"] = Math.Round(f.Live, 4),
            ["agrees"] = f.Agrees,
        })]),
    };

    private static double Ratio(double before, double after) => before > 0 ? after / before : after > 0 ? 100 : 1;
}
