using Cluster.Engine.Models;

namespace Cluster.Engine.Hardware;

/// <summary>What a GPU's kernels reach of its peaks: fitted figures, see <c>xpyd catalog fit</c>. Formulas are in <c>Cost/</c>.</summary>
public sealed record KernelProfile
{
    /// <summary>Dense GEMM by weight format.</summary>
    public required IReadOnlyDictionary<NumberFormat, GemmCurve> Gemm { get; init; }

    public required PrefillAttentionCurve PrefillAttention { get; init; }

    public required DecodeAttentionCurve DecodeAttention { get; init; }

    /// <summary>Grouped GEMM over experts by weight format.</summary>
    public required IReadOnlyDictionary<NumberFormat, MoeCurve> Moe { get; init; }

    /// <summary>Elementwise kernels, norms, copies.</summary>
    public required OperatorCurve Elementwise { get; init; }

    public required CollectiveCurves Collectives { get; init; }
}

/// <summary>An operator against the roofline: <c>max(flops ÷ (P·ComputeEfficiency), bytes ÷ (BW·MemoryEfficiency)) + Floor</c>.</summary>
public sealed record OperatorCurve(double ComputeEfficiency, double MemoryEfficiency, double FloorSeconds);

/// <summary>Dense GEMM.</summary>
/// <param name="ComputeEfficiency">Share of peak that a large product reaches inside full waves.</param>
/// <param name="MemoryEfficiency">Share of HBM bandwidth that large weights stream at.</param>
/// <param name="FloorSeconds">Launch and drain of an empty kernel.</param>
/// <param name="Sharpness">Exponent that joins the two times: ∞ is the plain maximum, 1 the sum.</param>
/// <param name="HalfK">Inner size at which half the arithmetic is prologue and epilogue.</param>
/// <param name="HalfM">Rows at which half of a tile is empty.</param>
/// <param name="WaveWeight">Share, as an exponent, of tile-and-wave quantisation that shows: 0 none, 1 all.</param>
/// <param name="QuantiseSecondsPerElement">Time to quantise one activation before the product; 0 for 16-bit.</param>
/// <param name="SecondsPerK">Serial time per inner element: one tile streams its whole K.</param>
/// <param name="RowTile">Rows that a cluster of blocks computes at once; more rows than 128 are padded to a multiple of it.</param>
/// <param name="OutputWeight">Cost of writing a result beside that of reading an operand of the same bytes.</param>
public sealed record GemmCurve(
    double ComputeEfficiency, double MemoryEfficiency, double FloorSeconds, double Sharpness, double HalfK, double HalfM,
    double WaveWeight, double QuantiseSecondsPerElement, double SecondsPerK, double RowTile, double OutputWeight);

/// <summary>Prefill attention in tiles of 128 queries, the query heads of a KV head packed together.</summary>
/// <param name="TailWeight">How much of the longest tile's time shows beyond the average: the last wave.</param>
/// <param name="HalfHeadSize">Head size at which half the time is softmax and bookkeeping.</param>
/// <param name="Fp8Slowdown">Time with an fp8 cache relative to 16-bit.</param>
/// <param name="DiagonalTiles">Half-tiles of masked work computed along the diagonal.</param>
/// <param name="WindowTiles">Tiles of masked work computed along a window's far edge.</param>
/// <param name="KvWeight">Cost of a key or value element beside that of a query or output element: it is also converted and written to the cache.</param>
/// <param name="PaddingTokens">Query rows per sequence moved in vain: partly filled tiles.</param>
public sealed record PrefillAttentionCurve(
    double ComputeEfficiency, double MemoryEfficiency, double FloorSeconds, double Sharpness, double TailWeight,
    double HalfHeadSize, double Fp8Slowdown, double DiagonalTiles, double WindowTiles, double KvWeight, double PaddingTokens);

/// <summary>Decode attention: KV bytes streamed once.</summary>
/// <param name="PaddingTokens">Tokens read in vain per sequence: partly filled tiles.</param>
/// <param name="Fp8Slowdown">Time per byte of an fp8 cache relative to 16-bit.</param>
/// <param name="SecondsPerSequenceHead">Scheduling of one (sequence, KV head) pair.</param>
/// <param name="SplitWeight">Growth of the floor per doubling of the context beyond 1024: split and merge.</param>
public sealed record DecodeAttentionCurve(
    double ComputeEfficiency, double MemoryEfficiency, double FloorSeconds, double Sharpness, double PaddingTokens,
    double Fp8Slowdown, double SecondsPerSequenceHead, double SplitWeight);

/// <summary>Grouped GEMM over experts.</summary>
/// <param name="TileRows">Rows wasted per touched expert, twice over: half-filled tiles.</param>
/// <param name="HalfWidth">Expert width per rank at which half the arithmetic is overhead.</param>
/// <param name="ActivationWeight">How often the activations of a rank's own pairs cross HBM relative to once in and once out.</param>
/// <param name="RowWeight">The same for rows per (token, choice) that a rank holds whether the expert is its own or not: sorting, quantising, summing.</param>
/// <param name="SkewGrowth">Growth of the hottest rank's load per doubling of ranks and unit of the routing exponent.</param>
/// <param name="Concentration">Loss of distinct experts touched per unit of the routing exponent.</param>
public sealed record MoeCurve(
    double ComputeEfficiency, double MemoryEfficiency, double FloorSeconds, double Sharpness, double TileRows,
    double HalfWidth, double ActivationWeight, double RowWeight, double SkewGrowth, double Concentration);

/// <summary>Collectives inside the scale-up domain, and messages out of it.</summary>
public sealed record CollectiveCurves
{
    /// <summary>One-shot and two-shot kernels over peer memory, replayed in CUDA graphs.</summary>
    public required CollectiveCurve OneShotAllReduce { get; init; }

    /// <summary>Largest message of the one-shot kernel; 0 where there is none.</summary>
    public required double OneShotMaxBytes { get; init; }

    public required CollectiveCurve AllReduce { get; init; }

    public required CollectiveCurve AllGather { get; init; }

    public required CollectiveCurve ReduceScatter { get; init; }

    public required CollectiveCurve AllToAll { get; init; }

    /// <summary>Latency of one message between domains.</summary>
    public required double ScaleOutFloorSeconds { get; init; }

    /// <summary>Share of <see cref="GpuProfile.ScaleOutBytesPerSecond"/> reached.</summary>
    public required double ScaleOutEfficiency { get; init; }
}

/// <summary>One collective over n ranks: <c>α + α₂·log₂n + f(n)·bytes ÷ (BW·e) + (r + r₂·log₂n)·bytes ÷ (bytes + h)</c>.</summary>
/// <param name="AlphaSeconds">Latency besides the part that grows with ranks.</param>
/// <param name="AlphaPerDoublingSeconds">Latency per doubling of ranks.</param>
/// <param name="BusEfficiency">Share of the scale-up rate, per direction, that large messages reach; f(n) is the bus factor.</param>
/// <param name="RampSeconds">Extra time of medium messages: the pipeline fills.</param>
/// <param name="RampPerDoublingSeconds">The same per doubling of ranks.</param>
/// <param name="RampBytes">Message size at which half of the ramp is paid.</param>
public sealed record CollectiveCurve(
    double AlphaSeconds, double AlphaPerDoublingSeconds, double BusEfficiency, double RampSeconds, double RampPerDoublingSeconds, double RampBytes);
