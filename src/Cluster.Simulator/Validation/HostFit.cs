using Cluster.Engine.Hardware;
using Cluster.Scenarios.Catalogs;

namespace Cluster.Simulator.Validation;

/// <summary>A figure of an engine profile that serving points determine, and its physically plausible range.</summary>
public sealed record HostParameter(string Name, double Least, double Most, Func<EngineProfile, double> Get, Func<EngineProfile, double, EngineProfile> Set);

/// <summary>What came of fitting one engine's host time.</summary>
public sealed record HostFitResult(EngineProfile Profile, int Points, double LossBefore, double Loss);

/// <summary>
/// Fits an engine profile's host figures on measured serving points, each run through the engine. The loss is the mean over
/// groups (model, GPU, mode) of |ln(predicted ÷ measured)| of TPOT plus half of that of TTFT, each capped: groups weigh alike
/// whatever their number of rows, and no single row decides.
/// </summary>
public static class HostFit
{
    private const double Cap = 0.7;
    private const double TtftWeight = 0.5;
    private const int PointsPerGroup = 8;
    private const int Rounds = 3;

    private static readonly double[] s_factors = [0, 0.5, 0.75, 0.9, 1.1, 1.35, 2];
    private static readonly double[] s_shares = [0.02, 0.1, 0.3, 0.6, 1];

    public static IReadOnlyList<HostParameter> Parameters { get; } =
    [
        new("step_host_seconds", 0, 5e-3, e => e.StepHostSeconds, (e, v) => e with { StepHostSeconds = v }),
        new("kernel_floor_share", 0.1, 1, e => e.KernelFloorShare, (e, v) => e with { KernelFloorShare = v }),
        new("sequence_host_seconds", 0, 50e-6, e => e.SequenceHostSeconds, (e, v) => e with { SequenceHostSeconds = v }),
        new("prompt_token_host_seconds", 0, 10e-6, e => e.PromptTokenHostSeconds, (e, v) => e with { PromptTokenHostSeconds = v }),
        new("request_host_seconds", 1e-3, 0.06, e => e.RequestHostSeconds, (e, v) => e with { RequestHostSeconds = v }),
        new("narrow_cache_penalty", 0, 1, e => e.NarrowCachePenalty, (e, v) => e with { NarrowCachePenalty = v }),
    ];

    /// <exception cref="ArgumentException">No point of the engine is covered.</exception>
    public static HostFitResult Run(Catalog catalog, string engine, IReadOnlyList<MeasuredPoint> points, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentNullException.ThrowIfNull(points);
        var profile = catalog.Engines[engine];
        var sample = Sample(points.Where(p => p.Engine == engine), catalog);
        if (sample.Count == 0) throw new ArgumentException($"No measured point of engine {engine} is covered by the catalog.");
        // The kernel tables are vLLM's: its own attention pays what they say.
        var parameters = Parameters.Where(p => engine != "vllm" || p.Name != "narrow_cache_penalty").ToList();
        return Descend(profile, parameters, p => Loss(sample, catalog, p, cancellation), sample.Count);
    }

    /// <summary>Coordinate descent on a loss: each figure in turn takes the best of a few values, and steps get finer.</summary>
    public static HostFitResult Descend(EngineProfile profile, IReadOnlyList<HostParameter> parameters, Func<EngineProfile, double> loss, int points)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        ArgumentNullException.ThrowIfNull(loss);
        var before = loss(profile);
        var best = before;
        for (var round = 0; round < Rounds; round++)
        {
            foreach (var parameter in parameters)
            {
                foreach (var candidate in Candidates(parameter, parameter.Get(profile), round))
                {
                    var tried = parameter.Set(profile, candidate);
                    var now = loss(tried);
                    if (now >= best - 1e-6) continue;
                    (best, profile) = (now, tried);
                }
            }
        }

        return new HostFitResult(profile, points, before, best);
    }

    private static IEnumerable<double> Candidates(HostParameter parameter, double at, int round)
    {
        // From zero, and early on, the whole range is looked at; later only the neighbourhood.
        var values = round < 2
            ? s_factors.Select(f => at * f).Concat(s_shares.Select(s => parameter.Least + (s * (parameter.Most - parameter.Least))))
            : s_factors.Select(f => at * (1 + ((f - 1) / (2 << (round - 2)))));
        return values.Select(v => Rounded(Math.Clamp(v, parameter.Least, parameter.Most))).Distinct().Where(v => v != at);
    }

    /// <summary>Two significant digits: more would claim more than the points know.</summary>
    private static double Rounded(double value)
    {
        if (value <= 0) return 0;
        var scale = Math.Pow(10, 1 - Math.Floor(Math.Log10(value)));
        return Math.Round(value * scale) / scale;
    }

    /// <summary>Evenly spaced points of each group. Loads that the hardware cannot carry, see <see cref="PointLoad"/>, say nothing of the host.</summary>
    private static List<MeasuredPoint> Sample(IEnumerable<MeasuredPoint> points, Catalog catalog) =>
        [.. points.Where(p => PointMapping.Map(p, catalog).Cluster is { } cluster && !PointLoad.IsBeyondKernels(p, cluster))
            .GroupBy(GroupOf).SelectMany(g => Spaced(g.ToList()))];

    private static IEnumerable<MeasuredPoint> Spaced(List<MeasuredPoint> group)
    {
        var take = Math.Min(PointsPerGroup, group.Count);
        for (var i = 0; i < take; i++) yield return group[(int)((i + 0.5) * group.Count / take)];
    }

    private static (string Model, string System, string Format, bool Split) GroupOf(MeasuredPoint p) => (p.Model, p.System, p.GemmFormat, p.Prefill is not null);

    private static double Loss(List<MeasuredPoint> sample, Catalog catalog, EngineProfile profile, CancellationToken cancellation)
    {
        var losses = sample.AsParallel().AsOrdered().WithCancellation(cancellation).Select(p => (Group: GroupOf(p), Loss: Loss(p, catalog, profile, cancellation))).ToList();
        return losses.GroupBy(l => l.Group).Average(g => g.Average(l => l.Loss));
    }

    private static double Loss(MeasuredPoint point, Catalog catalog, EngineProfile profile, CancellationToken cancellation)
    {
        var cluster = PointMapping.Map(point, catalog, profile).Cluster!;
        var (ttft, tpot) = PointRun.Predict(point, cluster, cancellation: cancellation);
        return Capped(tpot / point.TpotMs) + (TtftWeight * Capped(ttft / point.TtftMs));
    }

    internal static double Capped(double ratio) => Math.Min(Cap, Math.Abs(Math.Log(Math.Max(ratio, 1e-6))));
}
