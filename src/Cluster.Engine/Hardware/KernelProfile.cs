using Cluster.Engine.Models;

namespace Cluster.Engine.Hardware;

/// <summary>What a GPU's kernels reach of its peaks: fitted figures, see <c>xpyd catalog fit</c>. Formulas are in <c>Cost/</c>.</summary>
public sealed record KernelProfile
{
    /// <summary>Dense GEMM by weight format.</summary>
    public required IReadOnlyDictionary<NumberFormat, GemmCurve> Gemm { get; init; }

    public required PrefillAttentionCurve PrefillAttention { get; init; }

    public required DecodeAttentionCurve DecodeAttention { get; init; }

    /// <summary>Multi-head latent attention; null where it was not measured: then the two curves above stand in.</summary>
    public MlaCurve? Mla { get; init; }

    /// <summary>Grouped GEMM over experts by weight format.</summary>
    public required IReadOnlyDictionary<NumberFormat, MoeCurve> Moe { get; init; }

    /// <summary>Elementwise kernels, norms, copies.</summary>
    public required OperatorCurve Elementwise { get; init; }

    public required CollectiveCurves Collectives { get; init; }
}

/// <summary>An operator against the roofline: <c>max(flops ÷ (P·ComputeEfficiency), bytes ÷ (BW·MemoryEfficiency)) + Floor</c>.</summary>
public sealed record OperatorCurve(double ComputeEfficiency, double MemoryEfficiency, double FloorSeconds);

/// <summary>Dense GEMM, as a linear layer runs it: activations quantised first where the format is narrow.</summary>
/// <param name="ComputeEfficiency">Share of peak that a large product reaches inside full waves.</param>
/// <param name="MemoryEfficiency">Share of HBM bandwidth that large weights stream at.</param>
/// <param name="FloorSeconds">Launch and drain of an empty kernel.</param>
/// <param name="Sharpness">Exponent that joins the two times: ∞ is the plain maximum, 1 the sum.</param>
/// <param name="HalfK">Inner size at which half the arithmetic is prologue and epilogue.</param>
/// <param name="WaveWeight">Share, as an exponent, of tile-and-wave quantisation that shows: 0 none, 1 all.</param>
/// <param name="QuantiseSecondsPerRow">Time to quantise one row of activations whatever its length: a block is launched for each; 0 for 16-bit.</param>
/// <param name="QuantiseSecondsPerElement">Time to quantise one activation besides; 0 for 16-bit.</param>
/// <param name="SecondsPerK">Serial time per inner element: one tile streams its whole K.</param>
/// <param name="SplitK">Inner size at which half of that is saved by splitting K over several tiles.</param>
/// <param name="RowTile">Rows that a cluster of blocks computes at once; more rows than 128 are padded to a multiple of it.</param>
/// <param name="PaddingWeight">Cost of a padded row beside a real one: below 1 smaller tiles serve the rest, above 1 loads beyond the edge stall.</param>
/// <param name="OutputWeight">Cost of writing a result beside that of reading an operand of the same bytes.</param>
/// <param name="SustainedSlowdown">How much slower arithmetic gets in long kernels: the power limit lowers the clock.</param>
/// <param name="SustainedSeconds">Kernel length at which half of that shows.</param>
/// <param name="PaddingStall">
/// How much slower operands stream for each share of the last tile's rows, beyond a quarter, that are padding: loads beyond the edge stall bandwidth-bound products too.
/// </param>
public sealed record GemmCurve(
    double ComputeEfficiency, double MemoryEfficiency, double FloorSeconds, double Sharpness, double HalfK, double WaveWeight,
    double QuantiseSecondsPerRow, double QuantiseSecondsPerElement, double SecondsPerK, double SplitK, double RowTile, double PaddingWeight,
    double OutputWeight, double SustainedSlowdown, double SustainedSeconds, double PaddingStall);

/// <summary>Prefill attention in tiles of 128 queries, with the write of new keys and values to the cache.</summary>
/// <param name="ComputeEfficiency">Share of peak inside a tile.</param>
/// <param name="FloorSeconds">Launch and drain of empty kernels.</param>
/// <param name="TileSeconds">Beginning and end of a tile, during which its multiprocessor computes nothing.</param>
/// <param name="HalfHeadSize">Head size at which half the time is softmax and bookkeeping.</param>
/// <param name="PacksQueryHeads">True where query heads of one KV head share a tile (FlashAttention 3), false where each has its own (2, FlashInfer).</param>
/// <param name="BalanceSharpness">Exponent that joins the tiles' mean time per multiprocessor with that of the longest tile.</param>
/// <param name="DiagonalTiles">Tiles of masked work computed along the diagonal.</param>
/// <param name="WindowTiles">Tiles of masked work computed along a window's far edge.</param>
/// <param name="CacheSecondsPerToken">Latency-bound write of one token of 1,024 KV elements and more; proportional below.</param>
/// <param name="CacheEfficiency">Share of HBM bandwidth of that write where bytes bind.</param>
/// <param name="Fp8ComputeFactor">Time of arithmetic with an fp8 cache relative to 16-bit.</param>
/// <param name="Fp8CacheFactor">Time of the cache write in fp8 relative to 16-bit.</param>
/// <param name="Fp8SecondsPerElement">Time to quantise one query element for an fp8 cache.</param>
public sealed record PrefillAttentionCurve(
    double ComputeEfficiency, double FloorSeconds, double TileSeconds, double HalfHeadSize, bool PacksQueryHeads, double BalanceSharpness,
    double DiagonalTiles, double WindowTiles, double CacheSecondsPerToken, double CacheEfficiency, double Fp8ComputeFactor, double Fp8CacheFactor,
    double Fp8SecondsPerElement);

/// <summary>Decode attention: tasks of one sequence and KV head, split along the context while multiprocessors are idle (flash decoding).</summary>
/// <param name="MemoryEfficiency">Share of HBM bandwidth that KV streams at.</param>
/// <param name="FloorSeconds">Launch and drain of empty kernels.</param>
/// <param name="Sharpness">Exponent that joins streaming with the tasks' own overhead.</param>
/// <param name="TaskSeconds">Beginning and end of a task.</param>
/// <param name="TaskSecondsPerHeadElement">The same per element of the head size.</param>
/// <param name="StreamSecondsPerElement">Time of one multiprocessor per KV element of one head and token: few tasks cannot draw the whole bandwidth.</param>
/// <param name="Fp8Slowdown">That time with an fp8 cache relative to 16-bit: elements are converted.</param>
/// <param name="Fp8FloorSeconds">Quantising the queries for an fp8 cache.</param>
/// <param name="SplitSeconds">Merging partial results, per doubling of splits.</param>
/// <param name="RepackSeconds">Copies that pack query heads of several sequences and KV heads (FlashAttention 2).</param>
/// <param name="WindowSeconds">Extra tile of a task under a window.</param>
/// <param name="SequenceSeconds">Tables and partial results of one sequence.</param>
/// <param name="CacheBytes">KV below this stays in the L2 cache when one kernel is timed over and over; between steps of a model it never does.</param>
/// <param name="CacheSpeedup">How much faster it streams then.</param>
public sealed record DecodeAttentionCurve(
    double MemoryEfficiency, double FloorSeconds, double Sharpness, double TaskSeconds, double TaskSecondsPerHeadElement, double StreamSecondsPerElement,
    double Fp8Slowdown, double Fp8FloorSeconds, double SplitSeconds, double RepackSeconds, double WindowSeconds, double SequenceSeconds,
    double CacheBytes, double CacheSpeedup);

/// <summary>Multi-head latent attention as a module of a layer, its projections apart: attention, rotary embedding, norms, copies, cache.</summary>
/// <param name="ComputeEfficiency">Share of peak in decode: 64 heads share a tile and both products read the latent.</param>
/// <param name="MemoryEfficiency">Share of HBM bandwidth at which decode streams the latent.</param>
/// <param name="FloorSeconds">Launch and drain of a decode step's kernels when empty.</param>
/// <param name="Sharpness">Exponent that joins the two times.</param>
/// <param name="SplitSeconds">Merging partial results, per doubling of splits.</param>
/// <param name="SequenceSeconds">Tables and partial results of one decoding sequence.</param>
/// <param name="SequenceHeadSeconds">Small kernels in decode, per sequence and head.</param>
/// <param name="Fp8Factor">Time of decode's arithmetic with an fp8 cache relative to 16-bit.</param>
/// <param name="Fp8FloorSeconds">Quantising the queries for an fp8 cache.</param>
/// <param name="PrefillScale">Time of prefill attention relative to that of grouped-query kernels at the same head size.</param>
/// <param name="PrefillFloorSeconds">Launch and drain of a prefill's kernels when empty.</param>
/// <param name="TokenSeconds">Small kernels in prefill, per token.</param>
/// <param name="TokenHeadSeconds">The same per token and head: the rotary part is copied beside every head's keys.</param>
public sealed record MlaCurve(
    double ComputeEfficiency, double MemoryEfficiency, double FloorSeconds, double Sharpness, double SplitSeconds, double SequenceSeconds,
    double SequenceHeadSeconds, double Fp8Factor, double Fp8FloorSeconds, double PrefillScale, double PrefillFloorSeconds, double TokenSeconds,
    double TokenHeadSeconds);

/// <summary>Grouped GEMM over experts.</summary>
/// <param name="FloorSeconds">Launch and drain of empty kernels: gating, sorting, two products, sum.</param>
/// <param name="FloorSecondsPerExpert">The same per expert of the layer.</param>
/// <param name="ExpertParallelFloorSeconds">The same where a rank holds some of the experts: choices are mapped and the rest masked.</param>
/// <param name="HalfWidth">Expert width per rank at which half the arithmetic is overhead.</param>
/// <param name="ActivationWeight">How often the activations of a rank's own pairs cross HBM relative to once in and once out.</param>
/// <param name="RowWeight">The same for rows per (token, choice) that a rank holds whether the expert is its own or not: sorting, quantising, summing.</param>
/// <param name="HotRankWeight">How far the hottest rank lies beyond the mean, relative to what the spread of experts' loads predicts.</param>
/// <param name="LargestTile">Rows of the largest tile.</param>
/// <param name="TileFollowsLoad">True where tiles double with the rows per expert from 16 on; false where the largest serves as soon as there are more tokens than experts.</param>
/// <param name="PaddingWeight">Cost of a padded row beside a real one.</param>
/// <param name="TileRows">Rows that one tile costs besides its own: unpacking weights, filling the pipeline.</param>
/// <param name="SpillSlowdown">How much slower arithmetic gets when activations outgrow the L2 cache and are read again for every column of tiles.</param>
/// <param name="SpillBytes">Size of the layer's input at which half of that shows.</param>
public sealed record MoeCurve(
    double ComputeEfficiency, double MemoryEfficiency, double FloorSeconds, double FloorSecondsPerExpert, double ExpertParallelFloorSeconds, double Sharpness, double HalfWidth,
    double ActivationWeight, double RowWeight, double HotRankWeight, double LargestTile, bool TileFollowsLoad, double PaddingWeight, double TileRows,
    double SpillSlowdown, double SpillBytes);

/// <summary>Collectives inside the scale-up domain, and messages out of it.</summary>
public sealed record CollectiveCurves
{
    /// <summary>One-shot and two-shot kernels over peer memory, replayed in CUDA graphs.</summary>
    public required CollectiveCurve OneShotAllReduce { get; init; }

    /// <summary>Largest message of those kernels; 0 where there are none.</summary>
    public required double OneShotMaxBytes { get; init; }

    public required CollectiveCurve AllReduce { get; init; }

    public required CollectiveCurve AllGather { get; init; }

    public required CollectiveCurve ReduceScatter { get; init; }

    public required CollectiveCurve AllToAll { get; init; }

    /// <summary>Kernels that send tokens to their experts and sum what comes back; null where they were not measured: then all-to-all stands in.</summary>
    public ExpertExchangeCurves? Experts { get; init; }

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
    double AlphaSeconds, double AlphaPerDoublingSeconds, double BusEfficiency, double RampSeconds, double RampPerDoublingSeconds, double RampBytes)
{
    /// <summary>Share of an all-reduce's traffic that the switches sum: between three ranks and more, a rank then sends and receives (n+1)÷n of the message instead of 2(n−1)÷n.</summary>
    public double InNetworkShare { get; init; }
}

/// <summary>Dispatch and combine of expert parallelism (DeepEP): low-latency kernels for few tokens, throughput kernels for many.</summary>
public sealed record ExpertExchangeCurves(
    LowLatencyExchange LowLatencyDispatch, LowLatencyExchange LowLatencyCombine, ThroughputExchange Dispatch, ThroughputExchange Combine);

/// <summary>One copy per (token, choice): <c>α + α_E·experts + max(bytes ÷ (BW·e), bytes per expert ÷ rate)</c>.</summary>
/// <param name="SecondsPerExpert">Polling and counting, per expert of the layer.</param>
/// <param name="BusEfficiency">Share of the scale-up rate that many choices reach.</param>
/// <param name="BytesPerSecondPerExpert">What one expert's queue takes: few experts cannot draw the whole rate.</param>
public sealed record LowLatencyExchange(double AlphaSeconds, double SecondsPerExpert, double BusEfficiency, double BytesPerSecondPerExpert);

/// <summary>One copy per token and rank: <c>α + α_h·hidden + τ·tokens + bytes ÷ (rate·multiprocessors)</c>.</summary>
/// <param name="SecondsPerElement">Latency per element of one token's row.</param>
/// <param name="SecondsPerToken">Layout and notification of one token.</param>
/// <param name="BytesPerSecondPerMultiprocessor">Rate of each multiprocessor set aside for it.</param>
public sealed record ThroughputExchange(double AlphaSeconds, double SecondsPerElement, double SecondsPerToken, double BytesPerSecondPerMultiprocessor);
