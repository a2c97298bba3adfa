using System.Globalization;
using Cluster.Simulator.Reporting;

namespace Cluster.Simulator.Sweeping;

/// <summary>The measured columns of a sweep: names, and how a report fills them. Numbers are written so that they read back exactly.</summary>
public static class SweepColumns
{
    private static readonly (string Name, Func<VariantReport, object?> Of)[] All =
    [
        ("gpus", v => v.Gpus),
        ("requests", v => v.Requests),
        ("completed", v => v.Completed),
        ("failed", v => v.Failed),
        ("duration_s", v => v.DurationS),
        ("output_tokens_per_s", v => v.OutputTokensPerS),
        ("requests_per_s", v => v.RequestsPerS),
        ("goodput_rps", v => v.GoodputRps),
        .. Latency("ttft_ms", v => v.TtftMs),
        .. Latency("tpot_ms", v => v.TpotMs),
        .. Latency("itl_ms", v => v.ItlMs),
        .. Latency("e2e_ms", v => v.E2eMs),
        ("prefix_hit_rate", v => v.PrefixHitRate),
        ("wall_prefill", v => v.Walls.GetValueOrDefault("prefill")),
        ("wall_decode", v => v.Walls.GetValueOrDefault("decode")),
        ("cost_per_million_tokens", v => v.CostPerMillionTokens),
    ];

    public static IReadOnlyList<string> Names { get; } = [.. All.Select(c => c.Name)];

    /// <summary>True for columns of words; all others hold numbers or nothing.</summary>
    public static bool IsText(string name) => name.StartsWith("wall_", StringComparison.Ordinal);

    public static IReadOnlyList<string> Cells(VariantReport report) =>
        [.. All.Select(c => Convert.ToString(c.Of(report), CultureInfo.InvariantCulture) ?? "")];

    private static IEnumerable<(string, Func<VariantReport, object?>)> Latency(string name, Func<VariantReport, Distribution> of)
    {
        yield return ($"{name}_mean", v => of(v).Mean);
        yield return ($"{name}_p50", v => of(v).P50);
        yield return ($"{name}_p90", v => of(v).P90);
        yield return ($"{name}_p99", v => of(v).P99);
    }
}

/// <summary>A finished point.</summary>
/// <param name="Cells">One text per column of <see cref="SweepColumns"/>; empty where there is no value.</param>
public sealed record SweepRow(SweepPoint Point, IReadOnlyList<string> Cells)
{
    public string this[string column] => Cells[IndexOf(column)];

    private static int IndexOf(string column)
    {
        for (var i = 0; i < SweepColumns.Names.Count; i++)
            if (SweepColumns.Names[i] == column) return i;
        throw new ArgumentException($"No column '{column}'.", nameof(column));
    }
}
