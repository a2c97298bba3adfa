using System.Text.Json.Serialization;
using Cluster.Engine.Hardware;
using Cluster.Engine.Models;

namespace Cluster.Scenarios.Fitting;

/// <summary>One line of a fit's report.</summary>
public sealed record FitLine(string Gpu, string Operator, string Format, int Rows, int HeldOut, double MedianApeBefore, double MedianApe, double P90Ape)
{
    /// <summary>Measured and predicted seconds of the rows held out, for pictures.</summary>
    [JsonIgnore]
    public IReadOnlyList<(double Measured, double Predicted)> Pairs { get; init; } = [];
}

/// <summary>Collects the curves fitted for one GPU.</summary>
/// <param name="scores">Holds the catalog's own curves against the rows instead of fitting new ones.</param>
public sealed class GpuFit(string gpu, bool scores = false)
{
    public string Gpu { get; } = gpu;

    public SortedDictionary<NumberFormat, GemmCurve> Gemm { get; } = [];

    public SortedDictionary<NumberFormat, MoeCurve> Moe { get; } = [];

    public PrefillAttentionCurve? PrefillAttention { get; set; }

    public DecodeAttentionCurve? DecodeAttention { get; set; }

    public MlaCurve? Mla { get; set; }

    public CollectiveCurves? Collectives { get; set; }

    public List<FitLine> Lines { get; } = [];

    public void Report(string operation, string format, FitResult result)
    {
        ArgumentNullException.ThrowIfNull(result);
        Lines.Add(new FitLine(Gpu, operation, format, result.Rows, result.HeldOut, result.MedianApeBefore, result.MedianApe, result.P90Ape) { Pairs = result.Pairs });
    }

    /// <summary>Fits a curve on rows, or scores the catalog's.</summary>
    /// <param name="committed">The catalog's curve; null where it has none yet.</param>
    /// <exception cref="InvalidOperationException">To be scored, and not in the catalog.</exception>
    internal (TCurve Curve, FitResult Result) Solve<TRow, TCurve>(
        IReadOnlyList<TRow> rows, Func<TRow, double> measuredSeconds, Func<TCurve, TRow, double> predict, Func<double[], TCurve> curveOf, IReadOnlyList<FitParameter> parameters,
        TCurve? committed)
        where TCurve : class
    {
        if (scores)
        {
            var own = committed ?? throw new InvalidOperationException($"The catalog has no {typeof(TCurve).Name} of {Gpu} for a table that is there: refit it.");
            return (own, CurveFit.Score(rows, measuredSeconds, r => predict(own, r)));
        }

        var result = CurveFit.Run(rows, measuredSeconds, (x, r) => predict(curveOf(x), r), parameters);
        return (curveOf(result.Values), result);
    }

    /// <summary>The GPU's kernels with everything that was fitted replaced.</summary>
    public KernelProfile Apply(KernelProfile kernels)
    {
        ArgumentNullException.ThrowIfNull(kernels);
        return kernels with
        {
            Gemm = Gemm.Count > 0 ? Gemm : kernels.Gemm,
            Moe = Moe.Count > 0 ? Moe : kernels.Moe,
            PrefillAttention = PrefillAttention ?? kernels.PrefillAttention,
            DecodeAttention = DecodeAttention ?? kernels.DecodeAttention,
            Mla = Mla ?? kernels.Mla,
            Collectives = Collectives ?? kernels.Collectives,
        };
    }
}
