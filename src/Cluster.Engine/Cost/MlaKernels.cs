using Cluster.Engine.Hardware;

namespace Cluster.Engine.Cost;

/// <summary>Multi-head latent attention's formulas (arXiv:2405.04434): prefill expands the latent per head, decode multiplies queries with it.</summary>
public static partial class Kernels
{
    /// <summary>Prefill of a layer's attention module besides its projections.</summary>
    /// <param name="attention">The GPU's prefill attention, from which the module's own differs by a factor.</param>
    public static KernelTime MlaPrefill(
        MlaCurve curve, PrefillAttentionCurve attention, in Roof roof, in HeadShape heads, double sequences, double tokens, double pairs, double context, double valueShare)
    {
        ArgumentNullException.ThrowIfNull(curve);
        var time = PrefillAttention(attention, roof, heads, sequences, tokens, pairs, context, false, valueShare);
        var small = tokens * (curve.TokenSeconds + (heads.QueryHeads * curve.TokenHeadSeconds));
        return new KernelTime(time.ComputeSeconds * curve.PrefillScale, (time.MemorySeconds * curve.PrefillScale) + small, curve.PrefillFloorSeconds, 1);
    }

    /// <summary>Decode of a layer's attention module besides its projections; the latent is read once for all heads.</summary>
    /// <param name="heads">One KV head, the latent; <see cref="HeadShape.PairWidth"/> counts both products.</param>
    public static KernelTime MlaDecode(MlaCurve curve, in Roof roof, in HeadShape heads, double sequences, double rows, double context)
    {
        ArgumentNullException.ThrowIfNull(curve);
        var tiles = Math.Ceiling(rows * heads.QueryHeads / DecodeRows);
        var splits = Math.Max(1, Math.Min(Math.Min(roof.Multiprocessors / (sequences * tiles), MostSplits), context / sequences / TileRows));
        var memory = context * heads.KvRowElements * heads.KvElementBytes / (roof.BytesPerSecond * curve.MemoryEfficiency);
        var compute = 2 * context * tiles * DecodeRows * heads.PairWidth / (roof.FlopsPerSecond * curve.ComputeEfficiency) * (heads.Fp8Cache ? curve.Fp8Factor : 1);
        var floor = curve.FloorSeconds + (curve.SplitSeconds * Math.Log2(splits)) + (heads.Fp8Cache ? curve.Fp8FloorSeconds : 0)
            + (sequences * (curve.SequenceSeconds + (rows * heads.QueryHeads * curve.SequenceHeadSeconds)));
        return new KernelTime(compute, memory, floor, curve.Sharpness);
    }
}
