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
public sealed class GpuFit(string gpu)
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
