using System.Globalization;
using Cluster.Engine.Cost;
using Cluster.Engine.Hardware;
using Cluster.Engine.Models;
using Cluster.Engine.Topology;
using Cluster.Scenarios;
using Cluster.Scenarios.Catalogs;
using Cluster.Simulator.Sweeping;

namespace Cluster.Simulator.Planning;

/// <summary>A candidate, simulated: once, however many groups of it there are.</summary>
/// <param name="Groups">Clusters alike that the plan consists of; see <see cref="PlanSpace.Groups"/>.</param>
public sealed record PlanResult(PlanCandidate Candidate, Headroom Peak, int Groups)
{
    /// <summary>The candidate's own, after their number where there are several: <c>393 × 72P(tp2)14D(tp8) fp8/fp8</c>.</summary>
    public string Name => Groups == 1 ? Candidate.Name : string.Create(CultureInfo.InvariantCulture, $"{Groups} × {Candidate.Name}");

    /// <summary>Of all groups.</summary>
    public int Gpus => Candidate.Gpus * Groups;

    /// <summary>Of all groups: requests per second that arrive and meet the SLO.</summary>
    public double GoodputRps => Peak.GoodputRps * Groups;

    /// <summary>Of all groups: dollars of GPU time per hour; 0 where a price is not known.</summary>
    public double DollarsPerHour => Candidate.DollarsPerHour * Groups;

    public double GoodputPerGpu => Peak.GoodputRps / Candidate.Gpus;

    /// <summary>Requests within the SLO per dollar; null: price unknown.</summary>
    public double? GoodputPerDollar => Candidate.DollarsPerHour > 0 ? Peak.GoodputRps * 3600 / Candidate.DollarsPerHour : null;
}

/// <summary>What a plan comes to.</summary>
/// <param name="Results">Simulated candidates, the most goodput per GPU (or dollar, see <paramref name="Space"/>) first.</param>
/// <param name="Pareto">Those that no other beats in that, TTFT p90 and TPOT p90 at once.</param>
/// <param name="DisaggregationPays">Null when nothing disaggregated or nothing aggregated could be built.</param>
public sealed record PlanReport(
    IReadOnlyList<PlanResult> Results, IReadOnlyList<PlanResult> Pareto, bool? DisaggregationPays, string Verdict, ModelError Error, PlanSpace Space)
{
    /// <summary>Load from which on disaggregation pays, in requests per second; null where it does not, or always does.</summary>
    public double? PaysFromRps { get; init; }

    /// <summary>What one group of the winner carries should every latency turn out longer than predicted by the model's error; null without a winner or a published error.</summary>
    public Headroom? WithModelError { get; init; }

    /// <summary>Null when no candidate meets the SLO.</summary>
    public PlanResult? Best => Results.FirstOrDefault(r => r.Peak.Load > 0);
}

/// <summary>There is no plan, for this reason.</summary>
public sealed class PlanException(string message) : Exception(message);

/// <summary>Searches topologies within a budget: rate matching as a first guess, then the engine.</summary>
/// <param name="error">How far off predictions are.</param>
/// <param name="degree">Candidates at a time. Results do not depend on it.</param>
public sealed class Planner(Catalog catalog, ModelError error, int degree = 1)
{
    private static readonly string[] OtherRouters = ["kv-aware", "least-requests", "power-of-two", "round-robin"];

    /// <summary>Routers are tried on so many of the best topologies.</summary>
    private const int TopologiesPerRouter = 2;

    /// <summary>Token budgets of a step that are tried on the best topology of each kind, as multiples of the engine's own: short chunks spare TPOT, long ones TTFT.</summary>
    private static readonly double[] s_stepTokens = [0.25, 4];

    /// <param name="source">Names one variant, with the SLO among its overrides.</param>
    /// <exception cref="PlanException">The budget is too small, there is no SLO, or no price to rank by.</exception>
    /// <exception cref="ScenarioException">The scenario is not valid.</exception>
    public PlanReport Run(ScenarioSource source, PlanSpace space, Action? stepped = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(space);
        var variant = source.Read(catalog).OrThrow().Variants[0];
        var cluster = variant.Cluster;
        if (cluster.Slo is { TtftNs: null, TpotNs: null, E2eNs: null })
            throw new PlanException("A plan needs an objective: add e.g. --slo ttft=500ms,tpot=50ms, or an 'slo' section.");
        if (cluster.Instances.Select(i => i.Deployment.Model.Name).Distinct().ToList() is { Count: > 1 } models)
            throw new PlanException($"A plan is for one model, and this scenario serves {string.Join(" and ", models)}: write a scenario for each, with the requests that go to it, and share the GPUs out between their plans.");
        var like = cluster.Instances[^1];
        var types = space.GpuTypes.Count > 0 ? space.GpuTypes : [.. cluster.Instances.Select(i => i.Deployment.Gpu).DistinctBy(g => g.Name)];
        if (space.Rank == PlanRank.PerDollar && types.FirstOrDefault(g => g.DollarsPerHour <= 0) is { } unpriced)
            throw new PlanException($"--by dollar: the catalog has no price for {unpriced.Name}. Leave it out, or rank --by gpu.");
        var (input, output) = RateMatch.MeanLengths(ClusterSimulation.Run(cluster, variant.Workload, null, cancellation));
        var tried = space.Formats.Count > 0 ? space.Formats : DefaultFormats(like.Deployment, types);
        var shapes = PlanShape.All(like, space, types, tried, cluster.Slo, input, output);
        if (shapes.Count == 0) throw new PlanException(TooSmall(like, types, space.Gpus, tried));
        var link = cluster.Link?.Name ?? catalog.Links.Values.OrderByDescending(l => l.BytesPerSecond).FirstOrDefault(l => l.Name.StartsWith("ib", StringComparison.Ordinal))?.Name;
        var first = Evaluate(source, space, PlanSearch.ShortList(shapes, space, link), stepped, cancellation);
        var routers = Ranked(first, space, cluster.Slo).Take(TopologiesPerRouter)
            .SelectMany(r => OtherRouters.Where(p => p != cluster.Router.Policy && Math.Max(r.Candidate.X, r.Candidate.Y) > 1).Select(p => r.Candidate with { Router = p })).ToList();
        IReadOnlyList<PlanResult> routed = [.. first, .. Evaluate(source, space, routers, stepped, cancellation)];
        var chunked = Evaluate(source, space, OtherChunks(Ranked(routed, space, cluster.Slo)), stepped, cancellation);
        var results = Ranked([.. routed, .. chunked.Where(c => !routed.Any(r => IsSame(r.Peak, c.Peak)))], space, cluster.Slo);
        if (results.Count == 0) throw new PlanException(WhyNone(source, PlanSearch.ShortList(shapes, space, link)[0]));
        var judged = PlanVerdict.Of(results, space, cluster.Slo, error);
        var slower = results[0].Peak.Load > 0 && error.MedianApe is { } off ? Slower(source, results[0].Candidate, off, cancellation) : null;
        var text = slower is null ? judged.Text : $"{judged.Text} {PlanVerdict.WithModelError(slower, results[0].Groups, error)}";
        return new PlanReport(results, Front(results, space), judged.Pays, text, error, space) { PaysFromRps = judged.FromRps, WithModelError = slower };
    }

    /// <summary>Latencies that are longer by so much meet the SLO where the predicted ones meet one that is stricter by as much.</summary>
    private Headroom Slower(ScenarioSource source, PlanCandidate candidate, double by, CancellationToken cancellation)
    {
        var variant = source.Read(catalog, candidate.Overrides()).OrThrow().Variants[0];
        var slo = variant.Cluster.Slo;
        var strict = slo with { TtftNs = Stricter(slo.TtftNs), TpotNs = Stricter(slo.TpotNs), E2eNs = Stricter(slo.E2eNs) };
        return Headroom.Find(variant.Cluster with { Slo = strict }, variant.Workload, cancellation);

        long? Stricter(long? ns) => ns is { } limit ? (long)(limit / (1 + by)) : null;
    }

    private IReadOnlyList<PlanResult> Evaluate(ScenarioSource source, PlanSpace space, IReadOnlyList<PlanCandidate> candidates, Action? stepped, CancellationToken cancellation)
    {
        var results = ParallelMap.Run(candidates, degree, One, (_, _) => stepped?.Invoke(), cancellation);
        return [.. results.OfType<PlanResult>()];

        PlanResult? One(PlanCandidate candidate)
        {
            var read = source.Read(catalog, candidate.Overrides());
            // What the cost model can build an engine setting of the scenario may still forbid.
            return read.Ok ? new PlanResult(candidate, Headroom.Find(read.Variants[0].Cluster, read.Variants[0].Workload, cancellation), space.Groups(candidate)) : null;
        }
    }

    /// <summary>The setting changed nothing: where no step has more tokens, a larger budget is none.</summary>
    private static bool IsSame(Headroom a, Headroom b) =>
        (a.Load, a.GoodputRps, a.Report.TtftMs.P90, a.Report.TpotMs.P90) == (b.Load, b.GoodputRps, b.Report.TtftMs.P90, b.Report.TpotMs.P90);

    private static List<PlanCandidate> OtherChunks(List<PlanResult> ranked) =>
        [.. ranked.Where(r => r.Peak.Load > 0).DistinctBy(r => r.Candidate.IsDisaggregated).SelectMany(r => s_stepTokens.Select(factor => r.Candidate with
        {
            StepTokens = (int)((r.Candidate.Prefill ?? r.Candidate.Decode).Instance.Scheduler.MaxNumBatchedTokens * factor),
        }))];

    private string WhyNone(ScenarioSource source, PlanCandidate first) =>
        $"No candidate can be built; the most promising, {first.Name}, because: {string.Join(" ", source.Read(catalog, first.Overrides()).Errors.Select(e => e.Message))}";

    private static List<PlanResult> Ranked(IReadOnlyList<PlanResult> results, PlanSpace space, SloSpec slo) =>
        [.. results.OrderByDescending(r => Seen(r, space).Worth)
            // Among equals the one that no equal dominates; of those that carry no load within the SLO, the nearest to it.
            .ThenByDescending(r => r.Peak.Load > 0 ? 1 : PlanVerdict.Attained(r.Peak.Report))
            .ThenBy(r => r.Peak.Load > 0 ? 0 : PlanVerdict.Miss(r.Peak.Report, slo))
            .ThenBy(r => Seen(r, space).TpotMs).ThenBy(r => Seen(r, space).TtftMs)
            .ThenBy(r => r.Candidate.Gpus).ThenBy(r => r.Candidate.Name, StringComparer.Ordinal)];

    /// <summary>As tables show it: whoever is behind by less than that is not behind, neither in rank nor on the front.</summary>
    private static (double Worth, double TtftMs, double TpotMs) Seen(PlanResult r, PlanSpace space) =>
        (Math.Round(space.Worth(r), space.Rank == PlanRank.PerGpu ? 3 : 0), Math.Round(r.Peak.Report.TtftMs.P90), Math.Round(r.Peak.Report.TpotMs.P90, 1));

    private static List<PlanResult> Front(List<PlanResult> results, PlanSpace space)
    {
        var met = results.Where(r => r.Peak.Load > 0).ToList();
        return [.. met.Where(a => !met.Any(b => b != a && Dominates(b, a)))];

        bool Dominates(PlanResult b, PlanResult a)
        {
            var (x, y) = (Seen(b, space), Seen(a, space));
            return x != y && x.Worth >= y.Worth && x.TtftMs <= y.TtftMs && x.TpotMs <= y.TpotMs;
        }
    }

    private static List<(NumberFormat Weights, NumberFormat Kv)> DefaultFormats(Deployment own, IReadOnlyList<GpuProfile> types)
    {
        var formats = new List<(NumberFormat, NumberFormat)> { (own.Weights, own.Kv) };
        var computes = types.Any(g => g.PeakFlops.ContainsKey(NumberFormat.Fp8)) && own.Engine.WeightFormats.Contains(NumberFormat.Fp8) && own.Engine.KvFormats.Contains(NumberFormat.Fp8);
        if (computes && NumberFormats.Bits(own.Weights) >= 8 && !formats.Contains((NumberFormat.Fp8, NumberFormat.Fp8))) formats.Add((NumberFormat.Fp8, NumberFormat.Fp8));
        return formats;
    }

    private static string TooSmall(InstanceSpec like, IReadOnlyList<GpuProfile> types, int gpus, IReadOnlyList<(NumberFormat Weights, NumberFormat Kv)> tried)
    {
        var d = like.Deployment;
        var needs = types.SelectMany(gpu => Needs(tried.Select(f => f.Weights), gpu).Select(n => Text($"{n.Gpus} {gpu.Name} in {NumberFormats.Name(n.Weights)}"))).ToList();
        // Formats that were not asked for, and would fit.
        var others = types.SelectMany(gpu => Needs([NumberFormat.Fp8, NumberFormat.Int4], gpu).Where(n => n.Gpus <= gpus && tried.All(f => f.Weights != n.Weights))
            .Select(n => Text($"{n.Gpus} would do in {NumberFormats.Name(n.Weights)} (--formats {NumberFormats.Name(n.Weights)}/{NumberFormats.Name(d.Kv)})"))).Distinct().ToList();
        var least = needs.Count > 0 ? $"needs at least {string.Join(" or ", needs)}" : "fits no number of these GPUs";
        return Text($"--gpus {gpus} is too few: {d.Model.Name} {least}{(others.Count > 0 ? $"; {string.Join("; ", others)}" : "")}.");

        IEnumerable<(NumberFormat Weights, int Gpus)> Needs(IEnumerable<NumberFormat> formats, GpuProfile gpu) => formats.Distinct()
            .Select(f => (f, Diagnosing.MinimumGpus.Of(like with { Deployment = d with { Gpu = gpu, Weights = f } }))).Where(n => n.Item2 > 0);
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
