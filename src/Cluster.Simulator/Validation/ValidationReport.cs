using System.Text.Json;
using Cluster.Scenarios.Catalogs;

namespace Cluster.Simulator.Validation;

/// <summary>One row: what was measured, what the engine predicted, or why it is not covered.</summary>
/// <param name="KernelShare">Kernel time that the stated load needs ÷ time that the measured figures leave: see <see cref="PointLoad"/>.</param>
public sealed record ValidationRow(MeasuredPoint Point, double? TtftMs, double? TpotMs, string? NotCovered, double? KernelShare = null)
{
    /// <summary>What the prediction takes for granted that neither the row nor the fits say.</summary>
    public IReadOnlyList<string> Assumptions { get; init; } = [];

    /// <summary>The row cannot have run as stated. It counts in every figure all the same; the document gives the figures without it beside them.</summary>
    public bool IsBeyondKernels => KernelShare > PointLoad.Tolerance;

    public double? TtftApe => TtftMs is { } t ? Math.Abs((t / Point.TtftMs) - 1) : null;

    public double? TpotApe => TpotMs is { } t ? Math.Abs((t / Point.TpotMs) - 1) : null;

    public string Mode => Point.Prefill is null ? "aggregated" : "disaggregated";
}

/// <summary>Error figures over some rows, as fractions.</summary>
public sealed record ErrorFigures(double Ttft, double Tpot);

/// <summary>Rows of one model, GPU, engine and mode.</summary>
public sealed record ValidationGroup(string Model, string Gpu, string Engine, string Mode, int Rows, ErrorFigures MedianApe, ErrorFigures P90Ape);

/// <summary>Every point through the engine.</summary>
public sealed record ValidationReport(IReadOnlyList<ValidationRow> Rows)
{
    private static readonly JsonSerializerOptions s_json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, WriteIndented = true };

    public IReadOnlyList<ValidationRow> Covered { get; } = [.. Rows.Where(r => r.NotCovered is null)];

    /// <param name="steadyOnly">Leaves out the first wave of each closed loop.</param>
    /// <summary>Predicts all points, on as many cores as there are; order and figures do not depend on it.</summary>
    public static ValidationReport Run(IReadOnlyList<MeasuredPoint> points, Catalog catalog, bool steadyOnly = false, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(points);
        return new ValidationReport([.. points.AsParallel().AsOrdered().WithCancellation(cancellation).Select(p => Predict(p, catalog, steadyOnly, cancellation))]);
    }

    private static ValidationRow Predict(MeasuredPoint point, Catalog catalog, bool steadyOnly, CancellationToken cancellation)
    {
        var (cluster, reason) = PointMapping.Map(point, catalog);
        if (cluster is null) return new ValidationRow(point, null, null, reason);
        try
        {
            var (ttft, tpot) = PointRun.Predict(point, cluster, steadyOnly, cancellation);
            return new ValidationRow(point, ttft, tpot, null, PointLoad.KernelShare(point, cluster)) { Assumptions = PointAssumptions.Of(point, catalog) };
        }
        catch (ArgumentException e)
        {
            return new ValidationRow(point, null, null, e.Message);
        }
    }

    /// <summary>By model, GPU, engine and mode, in the order of those names.</summary>
    public IReadOnlyList<ValidationGroup> Groups() =>
        [.. Covered.GroupBy(r => (r.Point.Model, r.Point.System, r.Point.Engine, r.Mode)).OrderBy(g => g.Key.ToString(), StringComparer.Ordinal)
            .Select(g => new ValidationGroup(g.Key.Model, g.Key.System, g.Key.Engine, g.Key.Mode, g.Count(), Quantile([.. g], 0.5), Quantile([.. g], 0.9)))];

    /// <summary>What predictions took for granted, and in how many rows; most first.</summary>
    public IReadOnlyList<(string Assumption, int Rows)> Assumptions() =>
        [.. Rows.SelectMany(r => r.Assumptions).GroupBy(a => a, StringComparer.Ordinal).Select(g => (g.Key, g.Count())).OrderByDescending(a => a.Item2).ThenBy(a => a.Key, StringComparer.Ordinal)];

    public static ErrorFigures Quantile(IReadOnlyCollection<ValidationRow> rows, double share) =>
        new(Quantile(rows.Select(r => r.TtftApe ?? double.NaN), share), Quantile(rows.Select(r => r.TpotApe ?? double.NaN), share));

    private static double Quantile(IEnumerable<double> values, double share)
    {
        var sorted = values.Where(v => !double.IsNaN(v)).Order().ToArray();
        return sorted.Length == 0 ? double.NaN : sorted[Math.Min(sorted.Length - 1, (int)(share * sorted.Length))];
    }

    /// <param name="leftOut">How rows fare that a fit did not see; empty: not asked for.</param>
    public string ToJson(IReadOnlyList<LeftOutErrors> leftOut) => JsonSerializer.Serialize(
        new
        {
            Rows = Rows.Count,
            Covered = Covered.Count,
            MedianApe = Finite(Quantile(Covered, 0.5)),
            P90Ape = Finite(Quantile(Covered, 0.9)),
            Groups = Groups(),
            Points = Rows.Select(r => new
            {
                r.Point.Id,
                r.Point.Model,
                Gpu = r.Point.System,
                r.Point.Engine,
                r.Mode,
                Isl = r.Point.InputTokens,
                Osl = r.Point.OutputTokens,
                r.Point.Concurrency,
                MeasuredTtftMs = r.Point.TtftMs,
                PredictedTtftMs = r.TtftMs,
                MeasuredTpotMs = r.Point.TpotMs,
                PredictedTpotMs = r.TpotMs,
                r.KernelShare,
                r.NotCovered,
                r.Assumptions,
            }),
            LeftOut = leftOut.Select(l => new
            {
                l.LeftOut,
                Fits = l.Folds,
                l.Rows,
                Aggregated = Finite(l.Aggregated),
                Disaggregated = Finite(l.Disaggregated),
                Points = l.Points.Select(r => new { r.Point.Id, PredictedTtftMs = r.TtftMs, PredictedTpotMs = r.TpotMs }),
            }),
        },
        s_json);

    private static object Finite(ErrorFigures f) => new { Ttft = double.IsFinite(f.Ttft) ? f.Ttft : (double?)null, Tpot = double.IsFinite(f.Tpot) ? f.Tpot : (double?)null };
}
