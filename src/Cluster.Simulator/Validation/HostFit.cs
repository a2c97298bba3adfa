using Cluster.Engine.Hardware;
using Cluster.Scenarios.Catalogs;

namespace Cluster.Simulator.Validation;

/// <summary>What came of fitting host figures. Losses are mean |ln(predicted ÷ measured)|, softened below 15 %.</summary>
public sealed record HostFitResult(EngineProfile Profile, int Points, double LossBefore, double Loss);

/// <summary>
/// Fits an engine profile's host figures on measured serving points, each run through the engine. TPOT weighs 1, TTFT a half, and nothing where a benchmark had no warm-up. A group
/// (model, GPU, format, mode) weighs by the root of its rows: neither the largest group nor the number of groups decides alone.
/// </summary>
public sealed class HostFit
{
    private const int PointsPerGroup = 12;
    private const int Iterations = 5;

    /// <summary>Larger loops take seconds to simulate and say of the host what smaller ones say.</summary>
    private const int MostClients = 256;

    private readonly Catalog _catalog;
    private readonly CancellationToken _cancellation;

    /// <param name="points">All measured points; those that are not covered, or whose load no kernel could carry (<see cref="PointLoad"/>), say nothing of the host.</param>
    public HostFit(Catalog catalog, IEnumerable<MeasuredPoint> points, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentNullException.ThrowIfNull(points);
        (_catalog, _cancellation) = (catalog, cancellation);
        Sample = [.. points.GroupBy(GroupOf).SelectMany(g => Spaced(Telling([.. g])))];
    }

    /// <summary>Evenly spaced points of each group, and the weight of each.</summary>
    public IReadOnlyList<FitRow> Sample { get; }

    /// <summary>The figures that points determine: the kernel tables are vLLM's, so its own attention pays what they say.</summary>
    public static IReadOnlyList<HostFigure> FiguresOf(string engine) =>
        engine.StartsWith("vllm", StringComparison.Ordinal) ? [.. HostFigure.Serving.Where(f => f.Name != "narrow_cache_penalty")] : HostFigure.Serving;

    /// <summary>The engine that a profile is a version of.</summary>
    public string EngineOf(string profile) => _catalog.Engines[profile].EarlierVersionOf ?? profile;

    /// <summary>Versions of the engine in the sample, or months.</summary>
    public IReadOnlyList<string> VersionsOf(string engine) =>
        [.. Sample.Where(s => ProfileOf(s.Point) == engine).Select(s => s.Point.VersionOrMonth).Distinct().Order(StringComparer.Ordinal)];

    /// <summary>The profile that a point runs with.</summary>
    internal string ProfileOf(MeasuredPoint point) => PointMapping.ProfileOf(point, _catalog);

    /// <summary>Fits an engine's profile, and those of its earlier versions with it.</summary>
    /// <exception cref="ArgumentException">No point of the engine is covered.</exception>
    public IReadOnlyList<HostFitResult> Run(string engine)
    {
        var rows = RowsOf(engine);
        if (rows.Count == 0) throw new ArgumentException($"No measured point of engine {engine} is covered by the catalog.");
        var figures = FiguresOf(engine, rows);
        var values = HostFigure.Written(figures.All, Solve(rows, figures).Values, figures.Committed, LossAt);
        var (before, after) = (LossAt(figures.Committed), LossAt(values));
        return [.. figures.Profiles.Select(p => new HostFitResult(figures.Of(p, values), rows.Count(r => ProfileOf(r.Point) == p), before, after))];

        double LossAt(double[] at) => HostLeastSquares.Loss(figures.All, at, Residuals(rows, figures, at), Weights(rows), Groups(rows));
    }

    /// <summary>Sampled rows of the engine, whatever the version.</summary>
    internal List<FitRow> RowsOf(string engine) => [.. Sample.Where(s => EngineOf(ProfileOf(s.Point)) == engine)];

    internal HostFigures FiguresOf(string engine, IEnumerable<FitRow> rows) =>
        new(_catalog, FiguresOf(engine), [.. rows.Select(r => ProfileOf(r.Point)).Distinct().Order(StringComparer.Ordinal)]);

    /// <summary>One set of figures for rows of whatever engines.</summary>
    internal HostFigures FiguresOfAll() => new(_catalog, HostFigure.Serving, ["all"]);

    /// <summary>The best figures for these rows, which may be of several engines: each keeps what is not a figure.</summary>
    internal Linearisation Solve(IReadOnlyList<FitRow> rows, HostFigures figures, int iterations = Iterations) =>
        HostLeastSquares.Solve(figures.All, values => Residuals(rows, figures, values), Weights(rows), iterations, Groups(rows));

    /// <summary>TPOT's and TTFT's of each row, one after the other.</summary>
    internal static double[] Weights(IEnumerable<FitRow> rows) => [.. rows.SelectMany(r => (double[])[r.Weight, r.TtftWeight])];

    /// <summary>Groups that the rows are of: models on GPUs.</summary>
    internal static int Groups(IEnumerable<FitRow> rows) => rows.Select(r => GroupOf(r.Point)).Distinct().Count();

    private double[] Residuals(IReadOnlyList<FitRow> rows, HostFigures figures, double[] values) =>
        [.. rows.AsParallel().AsOrdered().WithCancellation(_cancellation).SelectMany(r =>
        {
            var (ttft, tpot) = Predict(r.Point, figures, values);
            return (double[])[Math.Log(tpot / r.Point.TpotMs), Math.Log(ttft / r.Point.TtftMs)];
        })];

    /// <summary>TTFT and TPOT of a point with these figures in its engine's profile.</summary>
    internal (double TtftMs, double TpotMs) Predict(MeasuredPoint point, HostFigures figures, IReadOnlyList<double> values)
    {
        var cluster = PointMapping.Map(point, _catalog, figures.Of(ProfileOf(point), values)).Cluster!;
        return PointRun.Predict(point, cluster, cancellation: _cancellation);
    }

    /// <summary>Rows that say something of the host; none of a group of which most rows cannot have run as stated: whatever made them possible holds for the rest.</summary>
    private List<MeasuredPoint> Telling(List<MeasuredPoint> group)
    {
        var mapped = group.Select(p => (Point: p, PointMapping.Map(p, _catalog).Cluster)).Where(p => p.Cluster is not null).ToList();
        var possible = mapped.Where(p => !PointLoad.IsBeyondKernels(p.Point, p.Cluster!)).Select(p => p.Point).ToList();
        return possible.Count * 2 < mapped.Count ? [] : [.. possible.Where(p => p.Concurrency <= MostClients)];
    }

    private IEnumerable<FitRow> Spaced(List<MeasuredPoint> group)
    {
        var take = Math.Min(PointsPerGroup, group.Count);
        for (var i = 0; i < take; i++)
        {
            var point = group[(int)((i + 0.5) * group.Count / take)];
            yield return new FitRow(point, Math.Sqrt(group.Count) / take, PointMapping.IsColdStart(point, _catalog));
        }
    }

    private static (string Engine, string Model, string System, string Format, bool Split) GroupOf(MeasuredPoint p) => (p.Engine, p.Model, p.System, p.GemmFormat, p.Prefill is not null);
}
