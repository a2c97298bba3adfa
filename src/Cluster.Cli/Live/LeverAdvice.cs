using System.Globalization;
using Cluster.Gateway.Console;
using Cluster.Scenarios;
using Cluster.Simulator.Levers;

namespace Cluster.Cli.Live;

/// <summary>The lever table of a scenario in short, tried in virtual time beside the live cluster: one run at a time, so that it disturbs little.</summary>
internal static class LeverAdvice
{
    private const int Shown = 6;

    public static async Task<IReadOnlyList<LeverView>> OfAsync(ScenarioSource source, CancellationToken cancellation)
    {
        var table = await Task.Run(() => new LeverRunner(CliCatalog.Load(), withPeak: false).Run(source, cancellation: cancellation), cancellation);
        return [.. table.Pulled.Where(p => p.Effect.Score > 0.01).Take(Shown).Select(View)];
    }

    private static LeverView View(PulledLever pulled) =>
        new(pulled.Lever.Name, pulled.Lever.Moves.ToString().ToLowerInvariant(), Words(pulled.Effect), pulled.Trap is null ? "" : pulled.Lever.Trap);

    private static string Words(LeverEffect effect)
    {
        var said = new List<string>();
        Say("goodput", effect.Goodput);
        Say("TTFT p99", effect.TtftP99);
        Say("TPOT p99", effect.TpotP99);
        Say("capacity", effect.Capacity);
        if (effect.CostPerToken is { } cost) Say("cost per token", cost);
        return said.Count == 0 ? "under 1 % either way" : string.Join(", ", said);

        void Say(string what, double ratio)
        {
            if (Math.Abs(ratio - 1) >= 0.01)
                said.Add(string.Create(CultureInfo.InvariantCulture, $"{what} {(ratio - 1) * 100:+0;−0} %"));
        }
    }
}
