using Cluster.Scenarios.Catalogs;

namespace Cluster.Simulator.Validation;

/// <summary>Median errors of rows that the fit did not see, as fractions.</summary>
/// <param name="LeftOut">What was left out at a time: model, GPU, engine version; "nothing": the fit saw all rows.</param>
public sealed record LeftOutErrors(string LeftOut, int Folds, int Rows, ErrorFigures Aggregated, ErrorFigures Disaggregated)
{
    /// <summary>Each row as predicted by a fit that did not see it.</summary>
    public IReadOnlyList<LeftOutRow> Points { get; init; } = [];

    /// <summary>Medians over rows.</summary>
    internal static LeftOutErrors Of(string what, int folds, IReadOnlyList<LeftOutRow> rows) =>
        new(what, folds, rows.Count, Median(rows, split: false), Median(rows, split: true)) { Points = rows };

    private static ErrorFigures Median(IReadOnlyList<LeftOutRow> rows, bool split)
    {
        var some = rows.Where(r => r.Point.Prefill is not null == split).ToList();
        return new ErrorFigures(Median(some.Select(r => Math.Abs((r.TtftMs / r.Point.TtftMs) - 1))), Median(some.Select(r => Math.Abs((r.TpotMs / r.Point.TpotMs) - 1))));
    }

    private static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return sorted.Length == 0 ? double.NaN : sorted[sorted.Length / 2];
    }
}

/// <summary>A row and what was predicted of it.</summary>
public sealed record LeftOutRow(MeasuredPoint Point, double TtftMs, double TpotMs);

/// <summary>
/// How the host figures do on models, GPUs and engine versions that they were not fitted on: each is left out in turn, the figures
/// of its engine are fitted on the rest, and the rows left out are predicted with those. An engine of which nothing remains gets
/// the figures that fit all other engines together.
/// </summary>
/// <remarks>
/// A fit without some rows is one step from the full fit, by its slopes, and the joint fit of other engines two from the priors; the rows left out are simulated all the same.
/// </remarks>
public sealed class HostCrossValidation
{
    private readonly Catalog _catalog;

    private readonly HostFit _fit;

    private readonly Dictionary<string, Linearisation> _fits = [];

    public HostCrossValidation(Catalog catalog, IReadOnlyList<MeasuredPoint> points, CancellationToken cancellation = default)
    {
        _catalog = catalog;
        _fit = new HostFit(catalog, points, cancellation);
    }

    public IReadOnlyList<LeftOutErrors> Run() =>
    [
        Run("nothing", _fit.ProfileOf, leaveOut: false),
        Run("model", p => p.Model, leaveOut: true),
        Run("GPU", p => p.System, leaveOut: true),
        Run("engine version", p => p.VersionOrMonth, leaveOut: true),
        .. new KernelTransfer(_catalog, [.. _fit.Sample.Select(s => s.Point)]).Run(),
    ];

    private LeftOutErrors Run(string what, Func<MeasuredPoint, string> key, bool leaveOut)
    {
        var folds = _fit.Sample.Select(s => (Engine: EngineOf(s.Point), Key: key(s.Point))).Distinct().ToList();
        var rows = new List<LeftOutRow>();
        foreach (var (engine, left) in folds)
        {
            bool IsLeftOut(MeasuredPoint p) => EngineOf(p) == engine && key(p) == left;
            var values = Values(engine, leaveOut ? IsLeftOut : _ => false, out var figures);
            rows.AddRange(_fit.Sample.Where(s => IsLeftOut(s.Point)).AsParallel().AsOrdered().Select(s =>
            {
                var (ttft, tpot) = _fit.Predict(s.Point, figures, values);
                return new LeftOutRow(s.Point, ttft, tpot);
            }));
        }

        return LeftOutErrors.Of(what, folds.Count, rows);
    }

    private double[] Values(string engine, Func<MeasuredPoint, bool> isLeftOut, out HostFigures figures)
    {
        var rows = _fit.RowsOf(engine);
        var remaining = rows.Where(s => !isLeftOut(s.Point)).Select(s => _fit.ProfileOf(s.Point)).Distinct().Order(StringComparer.Ordinal).ToList();
        figures = _fit.FiguresOf(engine, rows);
        if (remaining.Count == 0) (rows, figures) = ([.. _fit.Sample.Where(s => EngineOf(s.Point) != engine)], _fit.FiguresOfAll());
        var name = remaining.Count > 0 ? engine : "all but " + engine;
        if (!_fits.TryGetValue(name, out var full)) _fits[name] = full = remaining.Count > 0 ? _fit.Solve(rows, figures) : _fit.Solve(rows, figures, iterations: 1);
        var weights = HostFit.Weights(rows.Select(s => isLeftOut(s.Point) ? s with { Weight = 0 } : s));
        var values = HostLeastSquares.Step(figures.All, full, weights, HostFit.Groups(rows.Where(s => !isLeftOut(s.Point))));
        // A version of which nothing remains would run as another does.
        if (remaining.Count > 0)
            foreach (var gone in figures.Profiles.Except(remaining)) values = figures.Lend(remaining[0], gone, values);
        return values;
    }

    private string EngineOf(MeasuredPoint point) => _fit.EngineOf(_fit.ProfileOf(point));
}
