using Cluster.Engine.Hardware;

namespace Cluster.Engine.Cost;

/// <summary>What one layer's experts on one rank are asked for.</summary>
/// <param name="Tokens">New tokens of all ranks that share the experts.</param>
/// <param name="Width">Expert width on this rank.</param>
/// <param name="Matrices">3 gated, 2 plain.</param>
/// <param name="SkewRelief">Redundant experts' flattening of the hottest load, in (0, 1].</param>
/// <param name="IsDispatched">Ranks receive only the tokens whose experts they hold (all-to-all); else each holds all tokens.</param>
/// <param name="IsDealt">Tokens are dealt to experts by plan, as in kernel tables, not by chance: no two choose one expert while another is idle.</param>
public readonly record struct MoeLoad(
    double Tokens, double HiddenSize, double Width, double Matrices, double Experts, double ActiveExperts, double ExpertRanks,
    double WeightBytes, double RoutingExponent, double SkewRelief, bool IsDispatched = false, bool IsDealt = false)
{
    /// <summary>Only the largest tile, whatever the batch: see <see cref="EngineProfile.LargeExpertTiles"/>.</summary>
    public bool LargeTiles { get; init; }
}

/// <summary>The experts' formula.</summary>
public static partial class Kernels
{
    /// <summary>Quantiles that stand for a rank's experts.</summary>
    private const int Quantiles = 16;

    private const double SmallestTile = 16;

    /// <summary>Normal quantiles at (j + ½) ÷ 16: the spread of loads when each token chooses by chance.</summary>
    private static readonly double[] s_normal =
        [-1.863, -1.318, -1.010, -0.776, -0.579, -0.402, -0.237, -0.078, 0.078, 0.237, 0.402, 0.579, 0.776, 1.010, 1.318, 1.863];

    /// <summary>Grouped GEMM over the experts that the tokens of the hottest rank chose: weights of touched experts, rows padded to tiles.</summary>
    public static KernelTime Moe(MoeCurve curve, in Roof roof, in MoeLoad load)
    {
        ArgumentNullException.ThrowIfNull(curve);
        Span<double> relative = stackalloc double[Quantiles];
        var local = load.Experts / load.ExpertRanks;
        var mean = load.Tokens * load.ActiveExperts / load.Experts;
        // Kernels choose their tile before they know which choices are their rank's own.
        var tile = TileOf(curve, load, load.IsDispatched ? mean : load.Tokens * load.ActiveExperts / local);
        mean *= HotRank(curve, load, local, RelativeLoads(load, mean, relative));
        var (tiles, touched) = TilesAndTouched(load, local, mean, tile, relative);
        var pairs = local * mean;
        var rows = pairs + (((tiles * tile) - pairs) * curve.PaddingWeight) + (tiles * curve.TileRows);
        var matrix = load.Matrices * load.HiddenSize * load.Width;
        var input = load.Tokens * load.HiddenSize * 2;
        var compute = 2 * matrix * rows / (roof.FlopsPerSecond * curve.ComputeEfficiency) * (1 + (curve.HalfWidth / load.Width))
            * (1 + (curve.SpillSlowdown * input / (input + curve.SpillBytes)));
        var held = load.IsDispatched ? pairs : load.Tokens * load.ActiveExperts;
        var bytes = (touched * matrix * load.WeightBytes) + (pairs * ((4 * load.HiddenSize) + (4 * load.Matrices * load.Width)) * curve.ActivationWeight)
            + (held * 4 * load.HiddenSize * curve.RowWeight);
        var floor = curve.FloorSeconds + (load.Experts * curve.FloorSecondsPerExpert) + (load.ExpertRanks > 1 ? curve.ExpertParallelFloorSeconds : 0);
        return new KernelTime(compute, bytes / (roof.BytesPerSecond * curve.MemoryEfficiency), floor, curve.Sharpness);
    }

    private static double TileOf(MoeCurve curve, in MoeLoad load, double rowsPerExpert)
    {
        if (!curve.TileFollowsLoad) return load.Tokens <= load.Experts && !load.LargeTiles ? SmallestTile : curve.LargestTile;
        var tile = SmallestTile;
        while (tile < rowsPerExpert && tile < curve.LargestTile) tile *= 2;
        return tile;
    }

    /// <summary>
    /// Experts' loads over their mean, by quantile, and what is needed of their spread. Power law: a density x^−α between 1 token
    /// and 0.8 of all, or 0.01 and 2 where there are fewer choices than experts: the generator of the measured tables
    /// (ai-dynamo/aiconfigurator, collector/helper.py).
    /// </summary>
    private static (double Variation, double Most) RelativeLoads(in MoeLoad load, double mean, Span<double> relative)
    {
        if (load.RoutingExponent <= 0)
        {
            for (var j = 0; j < Quantiles; j++) relative[j] = load.IsDealt ? 1 : Math.Max(0, 1 + (s_normal[j] / Math.Sqrt(Math.Max(1, mean))));
            return (0, 1);
        }

        var few = mean <= 1;
        var (least, most) = few ? (0.01, 2.0) : (1.0, Math.Max(1.01, 0.8 * load.Tokens));
        var power = 1 - (Math.Abs(load.RoutingExponent - 1) < 1e-3 ? 1.001 : load.RoutingExponent);
        var (from, to) = (Math.Pow(least, power), Math.Pow(most, power));
        var (sum, squares) = (0.0, 0.0);
        for (var j = 0; j < Quantiles; j++)
        {
            relative[j] = Math.Pow(from + ((j + 0.5) / Quantiles * (to - from)), 1 / power);
            sum += relative[j];
            squares += relative[j] * relative[j];
        }

        var average = sum / Quantiles;
        for (var j = 0; j < Quantiles; j++) relative[j] /= average;
        return (Math.Sqrt(Math.Max(0, (squares / Quantiles / (average * average)) - 1)), most / average);
    }

    /// <summary>
    /// Load of the hottest rank over the mean. Popular experts: the largest of so many sums of so many experts, never more than one expert's own largest. Equal ones: chance
    /// (<see cref="BusiestRankLoad"/>), which spare copies do not relieve.
    /// </summary>
    private static double HotRank(MoeCurve curve, in MoeLoad load, double local, (double Variation, double Most) spread)
    {
        if (load.ExpertRanks <= 1) return 1;
        if (load.RoutingExponent <= 0) return load.IsDealt ? 1 : BusiestRankLoad(load.Tokens, load.ActiveExperts, load.ExpertRanks);
        var hot = 1 + (curve.HotRankWeight * spread.Variation * Math.Sqrt(2 * Math.Log(load.ExpertRanks) / local));
        return Math.Max(1, Math.Min(hot, spread.Most) * load.SkewRelief);
    }

    private static (double Tiles, double Touched) TilesAndTouched(in MoeLoad load, double local, double mean, double tile, ReadOnlySpan<double> relative)
    {
        var (tiles, touched) = (0.0, 0.0);
        foreach (var r in relative)
        {
            var expert = r * mean;
            // By chance an expert of x expected rows is idle with probability e^−x.
            var share = load.IsDealt ? Math.Min(1, expert) : 1 - Math.Exp(-expert);
            touched += share;
            tiles += expert > 1 ? Math.Ceiling(expert / tile) : share;
        }

        touched *= local / Quantiles;
        if (load.RoutingExponent <= 0 && !load.IsDealt) touched = BusiestRankExperts(load.Tokens, load.Experts, load.ActiveExperts, load.ExpertRanks);
        var choices = Math.Max(1, load.Tokens * load.ActiveExperts);
        touched = load.RoutingExponent <= 0 && load.IsDealt
            ? Math.Min(local, Math.Max(1, Math.Ceiling(choices / load.ExpertRanks)))
            : Math.Max(Math.Min(touched, choices), Math.Min(1, load.Tokens * load.ActiveExperts / load.ExpertRanks));
        return (Math.Max(tiles * local / Quantiles, touched), touched);
    }
}
