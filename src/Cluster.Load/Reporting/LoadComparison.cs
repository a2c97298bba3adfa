namespace Cluster.Load.Reporting;

/// <summary>One figure in two runs.</summary>
/// <param name="IsBetter">True when the later is better, false when worse, null when equal within <see cref="LoadComparison.Tolerance"/>.</param>
public sealed record ComparedFigure(string Name, double Before, double After, bool? IsBetter)
{
    /// <summary>After ÷ before − 1; 0 where there is nothing to divide by.</summary>
    public double Change => Before == 0 ? 0 : After / Before - 1;
}

/// <summary>Two runs side by side.</summary>
public static class LoadComparison
{
    /// <summary>Changes below this share are called equal.</summary>
    public const double Tolerance = 0.02;

    public static IReadOnlyList<ComparedFigure> Of(LoadSummary before, LoadSummary after)
    {
        ArgumentNullException.ThrowIfNull(before);
        ArgumentNullException.ThrowIfNull(after);
        return
        [
            Figure("output tokens/s", s => s.OutputTokensPerS, higherIsBetter: true),
            Figure("requests/s", s => s.RequestsPerS, higherIsBetter: true),
            Figure("goodput req/s", s => s.GoodputRps, higherIsBetter: true),
            Figure("prefix hit rate", s => s.PrefixHitRate, higherIsBetter: true),
            Figure("not completed", s => s.Requests - s.Completed, higherIsBetter: false),
            .. Latency("TTFT", s => s.TtftMs), .. Latency("TPOT", s => s.TpotMs), .. Latency("ITL", s => s.ItlMs), .. Latency("E2E", s => s.E2eMs),
        ];

        IEnumerable<ComparedFigure> Latency(string name, Func<LoadSummary, LatencyStats> of) =>
        [
            Figure($"{name} mean, ms", s => of(s).Mean, higherIsBetter: false),
            Figure($"{name} p50, ms", s => of(s).P50, higherIsBetter: false),
            Figure($"{name} p99, ms", s => of(s).P99, higherIsBetter: false),
        ];

        ComparedFigure Figure(string name, Func<LoadSummary, double> of, bool higherIsBetter)
        {
            var (a, b) = (of(before), of(after));
            var isEqual = Math.Abs(b - a) <= Tolerance * Math.Max(Math.Abs(a), Math.Abs(b));
            return new ComparedFigure(name, a, b, isEqual ? null : b > a == higherIsBetter);
        }
    }
}
